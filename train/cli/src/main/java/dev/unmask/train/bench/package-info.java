/** Benchmarks with the sizes and the output of the PyTorch yardstick. */
package dev.unmask.train.bench;
