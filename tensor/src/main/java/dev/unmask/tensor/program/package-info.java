/** Backends, and programs that are recorded, planned and run on them. */
package dev.unmask.tensor.program;
