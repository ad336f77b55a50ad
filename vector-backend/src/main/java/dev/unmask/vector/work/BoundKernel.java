package dev.unmask.vector.work;

/** A kernel whose operands have addresses: what a program replays. */
@FunctionalInterface
public interface BoundKernel {
    /**
     * Computes the kernel.
     *
     * @param workers share its tasks
     */
    void run(Workers workers);
}
