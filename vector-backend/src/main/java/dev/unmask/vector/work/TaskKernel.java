package dev.unmask.vector.work;

/** A bound kernel that is one loop of independent tasks. */
public interface TaskKernel extends BoundKernel, Workers.Task {
    /**
     * How many tasks there are in this run.
     *
     * @return a number that does not depend on how many workers share them
     */
    int tasks();

    @Override
    default void run(Workers workers) {
        workers.forEach(tasks(), this);
    }
}
