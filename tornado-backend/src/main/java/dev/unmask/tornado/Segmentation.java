package dev.unmask.tornado;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Cuts a program into segments, so that few task graphs run it and few are made: what repeats (the layers of a model,
 * the parameters of an optimizer) becomes one graph, which runs as often as it occurs.
 *
 * <p>TornadoVM compiles each task of a graph anew, which takes as long as some 600 calls of a graph. So the repeat that
 * saves most is taken first, a compiled task weighing as much as one call saved in each run, and what saves less than
 * it weighs is left alone.
 */
final class Segmentation {
    /** Tasks of a graph: the buffer that TornadoVM has for one, 4096 bytes, is too small for 50. */
    static final int MOST_TASKS = 32;

    /** Tasks of all graphs of a program; some seconds of compiling. */
    static final int MOST_COMPILED = 128;

    private static final int INSIDE = -1;

    private final String text;

    /** Where a segment starts: its length; inside of one: {@link #INSIDE}; 0 elsewhere. */
    private final int[] lengths;

    /** Where a piece of the text occurs, without overlap. */
    private record Repeat(int length, List<Integer> starts) {
        void add(int start) {
            if (starts.isEmpty() || starts.getLast() + length <= start) {
                starts.add(start);
            }
        }

        int gain() {
            return starts.size() < 2 ? 0 : starts.size() * (length - 1) - length;
        }
    }

    private Segmentation(List<Launch> launches) {
        Map<Entry, Character> letters = new HashMap<>();
        StringBuilder written = new StringBuilder();
        for (Launch launch : launches) {
            written.append((char) letters.computeIfAbsent(launch.entry(), added -> (char) letters.size()));
        }
        this.text = written.toString();
        this.lengths = new int[launches.size()];
    }

    /**
     * Each call by itself, products that follow each other together, and so steps of attention; the first call reads
     * the cell of turn 0.
     */
    static List<Piece> single(List<? extends Step> steps) {
        List<Piece> pieces = new ArrayList<>();
        List<Product> products = new ArrayList<>();
        List<FusedAttention> attention = new ArrayList<>();
        int turn = 0;
        for (Step step : steps) {
            if (!(step instanceof Product)) {
                end(products, pieces, Products::new);
            }
            if (!(step instanceof FusedAttention)) {
                end(attention, pieces, Fused::new);
            }
            switch (step) {
                case Product product -> products.add(product);
                case FusedAttention part -> attention.add(part);
                case Launch launch -> {
                    pieces.add(Segment.of(launch, turn));
                    turn = 1 - turn;
                }
            }
        }
        end(products, pieces, Products::new);
        end(attention, pieces, Fused::new);
        return pieces;
    }

    private static <S> void end(List<S> steps, List<Piece> pieces, Function<List<S>, Piece> piece) {
        if (!steps.isEmpty()) {
            pieces.add(piece.apply(List.copyOf(steps)));
            steps.clear();
        }
    }

    /**
     * What repeats becomes one segment.
     *
     * @param launches the calls of a program, the first of which reads the cell of turn 0
     */
    static List<Segment> repeated(List<Launch> launches) {
        Segmentation segmentation = new Segmentation(launches);
        segmentation.cut();
        return segmentation.segments(launches);
    }

    private void cut() {
        int left = MOST_COMPILED;
        for (Repeat best = best(left); best.gain() > 0; best = best(left)) {
            for (int start : best.starts()) {
                for (int i = 1; i < best.length(); i++) {
                    lengths[start + i] = INSIDE;
                }
                lengths[start] = best.length();
            }
            left -= best.length();
        }
    }

    /** The repeat of at most so many tasks that gains most. */
    private Repeat best(int mostTasks) {
        Map<String, Repeat> repeats = new LinkedHashMap<>();
        for (int start = 0; start < lengths.length; start++) {
            int most = Math.min(MOST_TASKS, mostTasks);
            for (int n = 1; n <= most && start + n <= lengths.length && lengths[start + n - 1] == 0; n++) {
                if (n > 1) {
                    int length = n;
                    repeats.computeIfAbsent(
                                    text.substring(start, start + n), found -> new Repeat(length, new ArrayList<>()))
                            .add(start);
                }
            }
        }
        return repeats.values().stream()
                .max(Comparator.comparingInt(Repeat::gain).thenComparing(r -> -r.starts().getFirst()))
                .orElse(new Repeat(0, List.of()));
    }

    private List<Segment> segments(List<Launch> launches) {
        List<Segment> segments = new ArrayList<>();
        for (int start = 0; start < lengths.length; start += Math.max(1, lengths[start])) {
            int end = start + Math.max(1, lengths[start]);
            segments.add(new Segment(List.copyOf(launches.subList(start, end)), start % 2));
        }
        return segments;
    }
}
