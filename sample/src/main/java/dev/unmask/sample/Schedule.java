package dev.unmask.sample;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Where each step of a batch can unmask and how much, decided before the model is asked. */
final class Schedule {
    private final List<Canvas> canvases;
    private final SamplerSettings settings;
    private final int maxLength;
    private final boolean ancestral;
    private final int[] stepsOf;
    private final int steps;

    /**
     * The schedule of a batch of which nothing has been unmasked yet.
     *
     * @param maxLength what random numbers of positions are told apart by
     */
    Schedule(List<Canvas> canvases, SamplerSettings settings, int maxLength) {
        this.canvases = canvases;
        this.settings = settings;
        this.maxLength = maxLength;
        this.ancestral = settings.rule() == UnmaskingRule.ANCESTRAL;
        int all = canvases.stream().mapToInt(canvas -> canvas.masked().cardinality()).sum();
        int[] masked =
                canvases.stream()
                        .mapToInt(c -> settings.scope() == SelectionScope.BATCH ? all : c.masked().cardinality())
                        .toArray();
        this.stepsOf = Arrays.stream(masked).map(settings.count()::steps).toArray();
        boolean everyStepUnmasks = !ancestral && settings.count() instanceof Count.EvenSplit;
        this.steps =
                IntStream.range(0, masked.length)
                        .map(i -> everyStepUnmasks ? Math.min(stepsOf[i], masked[i]) : stepsOf[i])
                        .max()
                        .orElseThrow();
    }

    /** The number of steps at the most: none may be left to unmask before. */
    int steps() {
        return steps;
    }

    /** Whether all positions are unmasked. */
    boolean done() {
        return canvases.stream().allMatch(canvas -> canvas.masked().isEmpty());
    }

    /** The places among which a step unmasks the best, each {@code sequence · length + position}. */
    List<Group> groups(int step, int length) {
        List<Group> groups = new ArrayList<>();
        for (int i = 0; i < canvases.size(); i++) {
            int first = i * length;
            int[] places = candidates(i, step).map(position -> first + position).toArray();
            if (places.length > 0) {
                groups.add(new Group(places, ancestral ? places.length : take(i, step, places.length)));
            }
        }
        if (settings.scope() == SelectionScope.BATCH && !groups.isEmpty()) {
            int[] places = groups.stream().flatMapToInt(group -> IntStream.of(group.places())).toArray();
            groups = List.of(new Group(places, ancestral ? places.length : take(0, step, places.length)));
        }
        return groups.stream().filter(group -> group.take() > 0).toList();
    }

    private int take(int canvas, int step, int masked) {
        return settings.count().of(step, stepsOf[canvas], masked);
    }

    private IntStream candidates(int index, int step) {
        Canvas canvas = canvases.get(index);
        IntStream masked = canvas.masked().stream();
        if (!ancestral) {
            return masked;
        }
        float unmasking = new TimeGrid(stepsOf[index], Count.Smdm.EPSILON).unmasking(step);
        return masked.filter(position ->
                Philox.uniform53(settings.seed(), Purpose.ORDER, step, canvas.key(position, maxLength)) < unmasking);
    }
}
