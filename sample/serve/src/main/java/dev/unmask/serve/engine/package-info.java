/** The thread that computes, its queue, and what goes through the model together. */
package dev.unmask.serve.engine;
