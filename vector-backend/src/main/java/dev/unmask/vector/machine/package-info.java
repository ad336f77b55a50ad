/**
 * Machine code that Java writes for itself: the few x86-64 instructions that multiply bfloat16 and that the Vector API
 * has no words for.
 */
package dev.unmask.vector.machine;
