/** SIMD on the CPU through the Vector API. */
package dev.unmask.vector;
