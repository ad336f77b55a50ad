/**
 * SIMD on the CPU through the Vector API.
 *
 * <p>Two things in the packages below are longer than they would be elsewhere. Methods of kernels take addresses,
 * strides and counts one by one: C2 inlines few of them, so a record would be an object for each tile or row. Measured
 * with records for a part of an operand that is packed and for the block of C that panels yield, on the 6M preset, 4
 * sequences of 128, one thread, EPYC (Zen 4), 2026-11, in turns: in float32 two runs took 448 and 476 ms a step and
 * allocated 91 and 763 KB, without records 445 and 484 ms and 524 KB, so no difference was seen; in bfloat16 by machine
 * code, four runs of each, a step allocated 222 KB instead of 6, and took 289 instead of 280 ms on average, within the
 * noise. The lists stayed for what is allocated.
 *
 * <p>And a loop whose sums must stay in registers is written out in one method, which stays below the 18,000 nodes at
 * which C2 stops inlining; see {@code GemmKernel}.
 */
package dev.unmask.vector;
