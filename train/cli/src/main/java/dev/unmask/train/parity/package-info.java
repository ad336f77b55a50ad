/** Comparison with recorded outputs of PyTorch. */
package dev.unmask.train.parity;
