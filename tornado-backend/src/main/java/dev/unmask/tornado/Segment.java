package dev.unmask.tornado;

import java.util.ArrayList;
import java.util.List;

/**
 * Calls that follow each other in a program, and that one task graph runs.
 *
 * @param launches the calls
 * @param entries the kernels of the graph, one for each call; segments of the same kernels share a graph
 * @param turn which of the two cells names the row of the first, see {@link Arguments}
 */
record Segment(List<Launch> launches, List<Entry> entries, int turn) implements Piece {
    /** Its entries are listed once, not in every run. */
    Segment(List<Launch> launches, int turn) {
        this(launches, launches.stream().map(Launch::entry).toList(), turn);
    }

    /** One call, whose graph every plan has from the start. */
    static Segment of(Launch launch, int turn) {
        return new Segment(List.of(launch), turn);
    }

    /** Each call by itself. */
    List<Segment> apart() {
        List<Segment> parts = new ArrayList<>();
        for (int i = 0; i < launches.size(); i++) {
            parts.add(of(launches.get(i), (turn + i) % 2));
        }
        return parts;
    }

    @Override
    public boolean isRepeatable() {
        return true;
    }
}
