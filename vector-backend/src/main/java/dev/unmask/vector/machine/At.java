package dev.unmask.vector.machine;

/**
 * A place in memory.
 *
 * @param base the register that holds an address
 * @param displacement bytes from there
 */
record At(Register base, int displacement) {}
