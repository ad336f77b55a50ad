/** The kernels of a backend, one record each: its operands, what it computes, and the checks of their shapes. */
package dev.unmask.tensor.kernel;
