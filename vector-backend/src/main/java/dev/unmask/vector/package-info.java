/**
 * SIMD on the CPU through the Vector API.
 *
 * <p>Two things in the packages below are longer than they would be elsewhere. Methods of kernels take addresses,
 * strides and counts one by one: C2 inlines few of them, so a record would be an object for each tile or row, where a
 * step of training allocates some kilobytes in all. And a loop whose sums must stay in registers is written out in one
 * method.
 */
package dev.unmask.vector;
