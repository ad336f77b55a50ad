/** Products of matrices. */
package dev.unmask.vector.gemm;
