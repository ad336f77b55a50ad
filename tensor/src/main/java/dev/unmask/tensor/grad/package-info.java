/** Operations with gradients, and the tape. */
package dev.unmask.tensor.grad;
