package dev.unmask.tornado;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.reference.SmallCases;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Tests task graphs of many kernels before the data of a program goes through them, as TornadoVM compiles each of their
 * tasks anew.
 *
 * <p>Every task of a graph gets a small case, and the graph must leave the very bits that the same calls leave one by
 * one, in the graphs of one kernel that {@link SelfTest} has tested. Where it does not, it is never used again, and its
 * calls run one by one.
 */
final class GraphSelfTest {
    private static final String NAME = "the test of a task graph";

    private final DeviceMemory memory;
    private final Consumer<String> warnings;
    private final Map<Entry, List<Integer>> casesOf = new EnumMap<>(Entry.class);

    /** Of the graphs on a device; a sentence about each that is wrong goes to the warnings. */
    GraphSelfTest(DeviceMemory memory, Consumer<String> warnings) {
        this.memory = memory;
        this.warnings = warnings;
    }

    /**
     * Calls, and what is in memory before them.
     *
     * @param launches the calls
     * @param floats from the address of the first block on
     * @param words from the address of the second block on; the rows of the calls are at their end
     * @param firstFloat that address
     * @param firstWord likewise
     */
    private record Trial(List<Launch> launches, float[] floats, int[] words, long firstFloat, int firstWord) {
        /** What is in memory afterwards. */
        Outcome run(DevicePlan plan, List<? extends Piece> segments) {
            Transfers.uploadFloats(plan, firstFloat, MemorySegment.ofArray(floats));
            Transfers.uploadWords(plan, firstWord, MemorySegment.ofArray(words));
            plan.run(segments, firstWord + words.length - launches.size() * Arguments.ROW);
            Outcome outcome = new Outcome(new float[floats.length], new int[words.length]);
            Transfers.downloadFloats(plan, firstFloat, MemorySegment.ofArray(outcome.floats));
            Transfers.downloadWords(plan, firstWord, MemorySegment.ofArray(outcome.words));
            return outcome;
        }
    }

    private record Outcome(float[] floats, int[] words) {
        boolean hasBitsOf(Outcome other) {
            return Arrays.equals(floats, other.floats) && Arrays.equals(words, other.words);
        }
    }

    /** The same segments, but that the calls of those whose graphs are wrong are apart. */
    List<Segment> sound(List<Segment> segments) {
        List<Segment> sound = new ArrayList<>();
        for (Segment segment : segments) {
            if (segment.launches().size() == 1 || isSound(segment.entries())) {
                sound.add(segment);
            } else {
                sound.addAll(segment.apart());
            }
        }
        return sound;
    }

    private boolean isSound(List<Entry> entries) {
        return memory.plan().verdicts().of(entries).orElseGet(() -> test(entries));
    }

    private boolean test(List<Entry> entries) {
        DeclaredOperands operands = new DeclaredOperands(memory);
        List<Kernel> kernels = kernels(entries, operands);
        int floatElements =
                operands.floatElements()
                        + kernels.size()
                        + (int) Lowering.workspaceElements(kernels, Ways.PRODUCTS)
                        + (int) Lowering.widenedElements(kernels, List.of(), Ways.OWN);
        int wordElements =
                operands.wordElements()
                        + kernels.size() * (Lowering.LISTED + Arguments.ROW)
                        + PackedFactors.SLOTS * (int) Lowering.packedElements(kernels, Ways.PRODUCTS);
        // Taking memory may make it grow, so that the plan is asked for afterwards.
        DeviceMemory.Block floats = memory.allocate(NAME, false, floatElements);
        DeviceMemory.Block words = memory.allocate(NAME, true, wordElements);
        try {
            Trial trial = trial(entries, kernels, operands, floats, words);
            List<Piece> together = List.of(new Segment(trial.launches(), 0));
            DevicePlan plan = memory.plan();
            Outcome expected = trial.run(plan, Segmentation.single(trial.launches()));
            boolean sound = trial.run(plan, together).hasBitsOf(expected);
            plan.verdicts().put(entries, sound);
            if (!sound) {
                warnings.accept(
                        String.format(
                                Locale.ROOT,
                                "%s: a task graph of %d kernels does not compute what they do one by one; they run one"
                                        + " by one",
                                memory.deviceName(),
                                entries.size()));
            }
            return sound;
        } finally {
            memory.release(floats);
            memory.release(words);
        }
    }

    /** A small case for each call; those of the same device kernel take turns. */
    private List<Kernel> kernels(List<Entry> entries, DeclaredOperands operands) {
        List<Supplier<Kernel>> cases = SmallCases.on(operands);
        Map<Entry, Integer> before = new EnumMap<>(Entry.class);
        List<Kernel> kernels = new ArrayList<>();
        for (Entry entry : entries) {
            List<Integer> fit = casesOf(entry);
            int turn = before.merge(entry, 1, Integer::sum) - 1;
            kernels.add(cases.get(fit.get(turn % fit.size())).get());
        }
        return kernels;
    }

    /** Which of the cases call a device kernel. */
    private List<Integer> casesOf(Entry entry) {
        if (casesOf.isEmpty()) {
            List<Supplier<Kernel>> cases = SmallCases.on(new DeclaredOperands(memory));
            for (int i = 0; i < cases.size(); i++) {
                Kernel kernel = cases.get(i).get();
                for (Ways ways : List.of(Ways.OWN, Ways.PRODUCTS)) {
                    Lowering lowering = new Lowering(tensor -> 0, new Lowering.Room(0, 0, 0, 0, 0, 0), ways);
                    lowering.add(kernel);
                    for (Launch launch : lowering.launches()) {
                        List<Integer> known = casesOf.computeIfAbsent(launch.entry(), added -> new ArrayList<>());
                        if (!known.contains(i)) {
                            known.add(i);
                        }
                    }
                }
            }
        }
        return casesOf.get(entry);
    }

    /** Operands, then a constant for each kernel, then what kernels keep; operands, then the rows of the calls. */
    private Trial trial(
            List<Entry> entries,
            List<Kernel> kernels,
            DeclaredOperands operands,
            DeviceMemory.Block floats,
            DeviceMemory.Block words) {
        int constants = operands.floatElements();
        float[] image = operands.floats(floats.elements());
        List<Launch> launches = new ArrayList<>();
        List<Integer> lists = new ArrayList<>();
        int factor = (int) Lowering.packedElements(kernels, Ways.PRODUCTS);
        long widened = floats.address() + floats.elements() - Lowering.widenedElements(kernels, List.of(), Ways.OWN);
        for (int i = 0; i < entries.size(); i++) {
            Lowering.Room room =
                    new Lowering.Room(
                            floats.address() + constants + i,
                            floats.address() + constants + entries.size(),
                            words.wordAddress() + operands.wordElements() + lists.size(),
                            words.wordAddress() + operands.wordElements() + entries.size() * Lowering.LISTED,
                            factor,
                            widened);
            ToLongFunction<Tensor> addresses = tensor -> operands.address(tensor, floats.address(), words.address());
            Entry entry = entries.get(i);
            Lowering lowering = new Lowering(addresses, room, Ways.OWN);
            lowering.add(kernels.get(i));
            if (lowering.launches().stream().noneMatch(launch -> launch.entry() == entry)) {
                lowering = new Lowering(addresses, room, Ways.PRODUCTS);
                lowering.add(kernels.get(i));
            }
            launches.add(
                    lowering.launches().stream().filter(launch -> launch.entry() == entry).findFirst().orElseThrow());
            lists.addAll(lowering.listed());
            image[constants + i] = lowering.constantValues().stream().findFirst().orElse(0f);
        }
        int atEnd = words.elements() - entries.size() * Arguments.ROW;
        int[] rows = Arguments.table(launches, words.wordAddress() + atEnd);
        int[] behind = new int[words.elements() - operands.wordElements()];
        for (int i = 0; i < lists.size(); i++) {
            behind[i] = lists.get(i);
        }
        System.arraycopy(rows, 0, behind, behind.length - rows.length, rows.length);
        return new Trial(
                List.copyOf(launches), image, operands.wordsAnd(behind), floats.address(), words.wordAddress());
    }
}
