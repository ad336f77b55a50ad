package dev.unmask.serve.engine;

import java.time.Duration;

/** Is told what an engine does, from its thread. */
public interface EngineWatch {
    /**
     * Jobs are started together.
     *
     * @param kind of the jobs
     * @param sequences that go through the model together
     */
    void started(String kind, int sequences);

    /**
     * A job is started.
     *
     * @param time it was in the queue
     */
    void waited(Duration time);

    /**
     * Jobs have been computed together.
     *
     * @param time it took
     */
    void computed(Duration time);
}
