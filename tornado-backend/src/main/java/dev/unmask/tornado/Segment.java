package dev.unmask.tornado;

import java.util.ArrayList;
import java.util.List;

/**
 * Calls that follow each other in a program, and that one task graph runs.
 *
 * @param launches the calls
 * @param turn which of the two cells names the row of the first, see {@link Arguments}
 */
record Segment(List<Launch> launches, int turn) implements Piece {
    /** One call, whose graph every plan has from the start. */
    static Segment of(Launch launch, int turn) {
        return new Segment(List.of(launch), turn);
    }

    /** The kernels of the graph; segments of the same kernels share a graph. */
    List<Entry> entries() {
        return launches.stream().map(Launch::entry).toList();
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
