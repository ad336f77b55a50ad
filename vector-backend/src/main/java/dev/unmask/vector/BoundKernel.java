package dev.unmask.vector;

/** A kernel whose operands have addresses: what a program replays. */
@FunctionalInterface
interface BoundKernel {
    /**
     * Computes the kernel.
     *
     * @param workers share its tasks
     */
    void run(Workers workers);
}
