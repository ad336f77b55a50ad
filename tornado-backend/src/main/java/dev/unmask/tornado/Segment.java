package dev.unmask.tornado;

import java.util.ArrayList;
import java.util.List;

/**
 * Calls that follow each other in a program, and that one task graph runs.
 *
 * @param launches the calls
 * @param tasks of the graph, one for each call; segments with equal tasks share a graph
 */
record Segment(List<Launch> launches, List<GraphTask> tasks) implements Piece {
    /** One call, whose graph every plan has from the start. */
    static Segment of(Launch launch, int turn) {
        return new Segment(List.of(launch), List.of(new GraphTask(launch.entry(), turn)));
    }

    /** Each call by itself. */
    List<Segment> apart() {
        List<Segment> parts = new ArrayList<>();
        for (int i = 0; i < launches.size(); i++) {
            parts.add(of(launches.get(i), tasks.get(i).turn()));
        }
        return parts;
    }

    @Override
    public boolean isRepeatable() {
        return true;
    }
}
