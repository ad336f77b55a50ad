package dev.unmask.tornado;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Which of the task graphs of a plan were tested, and what came of it. */
final class GraphVerdicts {
    private final Map<List<Entry>, Boolean> verdicts = new HashMap<>();

    /** Whether a graph of these kernels computes what it should, if it was tested. */
    Optional<Boolean> of(List<Entry> entries) {
        return Optional.ofNullable(verdicts.get(entries));
    }

    void put(List<Entry> entries, boolean sound) {
        verdicts.put(entries, sound);
    }
}
