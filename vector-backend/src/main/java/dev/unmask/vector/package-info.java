/**
 * SIMD on the CPU through the Vector API.
 *
 * <p>Two things in the packages below are longer than they would be elsewhere. Methods of kernels take addresses,
 * strides and counts one by one: C2 inlines few of them, so a record would be an object for each tile or row. Measured
 * with records for a part of an operand that is packed and for the block of C that panels yield, on the 6M preset, 4
 * sequences of 128, one thread, EPYC (Zen 4), 2026-11, four runs of each in turns: in float32, where C2 inlines the
 * only implementation of panels, times and allocations were the same; in bfloat16 by machine code a step allocated 222
 * KB instead of 6, and took 283, 284, 292 and 298 ms instead of 269, 276, 279 and 298.
 *
 * <p>And a loop whose sums must stay in registers is written out in one method, which stays below the 18,000 nodes at
 * which C2 stops inlining; see {@code GemmKernel}.
 */
package dev.unmask.vector;
