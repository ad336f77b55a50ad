/** Kernels over rows and elements. */
package dev.unmask.vector.rows;
