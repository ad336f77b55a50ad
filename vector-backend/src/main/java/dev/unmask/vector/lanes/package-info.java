/** What kernels are made of: vectors, memory, and rows of numbers. */
package dev.unmask.vector.lanes;
