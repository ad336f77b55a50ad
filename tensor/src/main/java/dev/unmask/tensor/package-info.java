/** Tensors, the kernels of a backend, recorded programs, reverse-mode differentiation and safetensors files. */
package dev.unmask.tensor;
