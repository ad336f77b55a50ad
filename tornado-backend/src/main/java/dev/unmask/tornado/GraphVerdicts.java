package dev.unmask.tornado;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which of the task graphs of a plan were tested, and what came of it. */
final class GraphVerdicts {
    private final Map<List<GraphTask>, Boolean> verdicts = new HashMap<>();

    /** Whether a graph of these tasks computes what it should, if it was tested. */
    Optional<Boolean> of(List<GraphTask> tasks) {
        return Optional.ofNullable(verdicts.get(tasks));
    }

    void put(List<GraphTask> tasks, boolean sound) {
        verdicts.put(tasks, sound);
    }
}
