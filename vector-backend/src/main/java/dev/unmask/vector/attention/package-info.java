/** Attention and its gradient. */
package dev.unmask.vector.attention;
