/** Training: corruption, losses, data, optimiser, checkpoints. */
package dev.unmask.train;
