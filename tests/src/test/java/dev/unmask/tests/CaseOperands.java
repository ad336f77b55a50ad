package dev.unmask.tests;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;
import dev.unmask.tensor.reference.HostTensor;
import dev.unmask.tensor.reference.ReferenceKernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;

/**
 * Makes the operands of one kernel case, runs its kernel on a backend and judges the result.
 *
 * <p>Numbers are random, always the same for the same case. What a kernel must not read is not a number, or an index
 * far outside; each operand is followed by a guard; and whatever the kernel does not name as an output must keep its
 * bits.
 */
final class CaseOperands {
    /** Where the operands live. */
    enum Placement {
        /** Each in its own memory, the kernel run on its own. */
        ALLOCATED,
        /** All are temporaries of one program, side by side in one block; the program is run twice. */
        TEMPORARY
    }

    /** Which of a list of entries are live: the value of the count and the entry that row 0 stands for. */
    record Live(boolean limited, int count, int first) {
        static final Live ALL = new Live(false, 0, 0);

        static Live of(int count, int first) {
            return new Live(true, count, first);
        }

        int rows(int rows) {
            return limited ? Math.clamp((long) count - first, 0, rows) : rows;
        }

        @Override
        public String toString() {
            return limited ? count + " from " + first : "all";
        }
    }

    private record Operand(Tensor tensor, Tensor store, boolean wrapped, MemorySegment initial, HostTensor expected) {
        Operand expecting(HostTensor results) {
            return new Operand(tensor, store, wrapped, initial, results);
        }
    }

    private static final int FAR_OUTSIDE = 0x7ffffff0;
    private static final int GUARD = 0xA5A5A5A5;
    private static final int GUARD_ELEMENTS = 16;

    private final Backend backend;
    private final Placement placement;
    private final Recorder recorder;
    private final Spread spread;
    private final long seed;
    private final SplittableRandom random;
    private final List<Operand> operands = new ArrayList<>();

    private CaseOperands(Backend backend, Placement placement, Spread spread, long seed) {
        this.backend = backend;
        this.placement = placement;
        this.recorder = new Recorder(backend);
        this.spread = spread;
        this.seed = seed;
        this.random = new SplittableRandom(seed);
    }

    /** Operands on a backend, of kernels that are not run. */
    static CaseOperands of(Backend backend) {
        return new CaseOperands(backend, Placement.ALLOCATED, Spread.NONE, 0);
    }

    /** The kernel of a case, not run. */
    static Kernel kernelOf(KernelCase kernelCase) {
        try (ExactBackend backend = new ExactBackend()) {
            return kernelOf(kernelCase, backend);
        }
    }

    /** The kernel of a case on tensors of a backend, not run. */
    static Kernel kernelOf(KernelCase kernelCase, Backend backend) {
        return kernelCase.on(of(backend));
    }

    /** Skips a case whose kernel a backend says it has not. */
    static void assumeSupported(KernelCase kernelCase, Backend backend) {
        Optional<String> unsupported = backend.unsupported(kernelOf(kernelCase));
        assumeTrue(unsupported.isEmpty(), () -> kernelCase + " " + unsupported.orElseThrow());
    }

    /**
     * Runs a case on a backend in some placements and says what differs from {@link ReferenceKernels}; nothing if all
     * is well.
     */
    static List<String> mismatches(KernelCase kernelCase, Backend backend, Spread spread, Placement... placements) {
        List<String> mismatches = new ArrayList<>();
        Optional<CaseOperands> judged = Optional.empty();
        for (Placement placement : placements) {
            CaseOperands operands = new CaseOperands(backend, placement, spread, kernelCase.toString().hashCode());
            Kernel kernel = kernelCase.on(operands);
            operands.run(kernel);
            // The same numbers wherever they live: stated once.
            judged.ifPresentOrElse(operands::expectAs, () -> operands.expectResultsOf(kernel));
            judged = Optional.of(operands);
            operands.compare(kernel).stream().map(found -> found + ", operands " + placement).forEach(mismatches::add);
        }
        return mismatches;
    }

    /** Runs a case on a backend and returns the bits of every operand. */
    static List<byte[]> bits(KernelCase kernelCase, Backend backend) {
        CaseOperands operands =
                new CaseOperands(backend, Placement.ALLOCATED, Spread.NONE, kernelCase.toString().hashCode());
        operands.run(kernelCase.on(operands));
        return operands.operands.stream().map(operand -> download(operand.store)).toList();
    }

    /** Random numbers of a magnitude, multiplied by what the spread says. */
    private IntToDoubleFunction uniform(double magnitude, int... extents) {
        int operand = operands.size();
        int columns = extents[extents.length - 1];
        return i -> magnitude * (2 * random.nextDouble() - 1) * spread.factor(seed, operand, i / columns, random);
    }

    /** F32, uniform in {@code [-magnitude, magnitude)}, and spread. */
    Tensor floats(String name, double magnitude, int... extents) {
        return floats(name, uniform(magnitude, extents), extents);
    }

    /** F32, uniform and spread in some columns, and not a number in the others. */
    Tensor someColumns(String name, double magnitude, int first, int taken, int rows, int columns) {
        IntToDoubleFunction value = uniform(magnitude, rows, columns);
        return floats(
                name,
                i -> i % columns >= first && i % columns < first + taken ? value.applyAsDouble(i) : Double.NaN,
                rows,
                columns);
    }

    /** F32, given by index. */
    Tensor floats(String name, IntToDoubleFunction value, int... extents) {
        return operand(name, DType.F32, value, extents);
    }

    /** F32, uniform in the live rows and not a number in the others. */
    Tensor liveRows(String name, double magnitude, int live, int rows, int columns) {
        IntToDoubleFunction value = uniform(magnitude, rows, columns);
        return floats(name, i -> i < live * columns ? value.applyAsDouble(i) : Double.NaN, rows, columns);
    }

    /** F32, not a number: what is written before anything reads it. */
    Tensor unwritten(String name, int... extents) {
        return floats(name, i -> Double.NaN, extents);
    }

    /** BF16, uniform in {@code [-magnitude, magnitude)}. */
    Tensor bfloats(String name, double magnitude, int... extents) {
        return operand(name, DType.BF16, uniform(magnitude, extents), extents);
    }

    /** BF16, given by index. */
    Tensor bfloats(String name, IntToDoubleFunction value, int... extents) {
        return operand(name, DType.BF16, value, extents);
    }

    /** I8, from -127 to 127. */
    Tensor bytes(String name, int... extents) {
        return operand(name, DType.I8, uniform(Byte.MAX_VALUE, extents), extents);
    }

    /**
     * F32, BF16 or I8, uniform in {@code [-magnitude, magnitude)}, in memory of the host that must only be read and
     * that is aligned as in a file: to an element, not to a vector.
     */
    Tensor wrapped(String name, DType dtype, double magnitude, int... extents) {
        return operand(true, name, dtype, uniform(magnitude, extents), extents);
    }

    /** I32, given by index. */
    Tensor integers(String name, IntUnaryOperator value, int... extents) {
        return operand(name, DType.I32, value::applyAsInt, extents);
    }

    /** I32, uniform below a bound. */
    Tensor integers(String name, int bound, int... extents) {
        return integers(name, i -> random.nextInt(bound), extents);
    }

    /** I32 {@code [entries]}: the live entries below a bound, the others far outside. */
    Tensor liveEntries(String name, int bound, Live live, int rows, int entries) {
        return integers(name, i -> isLive(i, live, rows) ? random.nextInt(bound) : FAR_OUTSIDE, entries);
    }

    /** I32 {@code [entries]}: the live entries below a bound and all different, the others far outside. */
    Tensor liveDistinct(String name, int bound, Live live, int rows, int entries) {
        int[] shuffled = new int[bound];
        for (int i = 0; i < bound; i++) {
            int other = random.nextInt(i + 1);
            shuffled[i] = shuffled[other];
            shuffled[other] = i;
        }
        return integers(name, i -> isLive(i, live, rows) ? shuffled[i - live.first] : FAR_OUTSIDE, entries);
    }

    private static boolean isLive(int entry, Live live, int rows) {
        return entry >= live.first && entry < live.first + live.rows(rows);
    }

    /** The limit of a kernel, by a count in a tensor of its own. */
    RowLimit limit(Live live) {
        return live.limited ? RowLimit.of(integers("count", i -> live.count, 1), live.first) : RowLimit.ALL;
    }

    /** The numbers that an operand has before the kernel runs. */
    double[] values(Tensor tensor) {
        return operandOf(tensor).expected.values();
    }

    private Operand operandOf(Tensor tensor) {
        return operands.stream().filter(operand -> operand.tensor == tensor).findFirst().orElseThrow();
    }

    private Tensor operand(String name, DType dtype, IntToDoubleFunction value, int... extents) {
        return operand(false, name, dtype, value, extents);
    }

    private Tensor operand(boolean wrapped, String name, DType dtype, IntToDoubleFunction value, int... extents) {
        Tensor tensor = put(wrapped, name, dtype, value, Shape.of(extents));
        put(false, "guard after " + name, DType.I32, i -> GUARD, Shape.of(GUARD_ELEMENTS));
        return tensor;
    }

    private Tensor put(boolean wrapped, String name, DType dtype, IntToDoubleFunction value, Shape shape) {
        long shift = wrapped ? dtype.bytes() : 0;
        MemorySegment initial = Arena.ofAuto().allocate(shift + shape.elements() * dtype.bytes(), 64).asSlice(shift);
        HostTensor expected = new HostTensor(dtype, shape);
        Arrays.setAll(expected.values(), value);
        Arrays.setAll(expected.ints(), i -> (int) value.applyAsDouble(i));
        expected.write(0, initial);
        expected.read(initial);
        Tensor store = wrapped ? backend.wrap(name, dtype, shape, initial) : backend.allocate(name, dtype, shape);
        Tensor tensor = placement == Placement.ALLOCATED ? store : recorder.temporary(name, dtype, shape);
        operands.add(new Operand(tensor, store, wrapped, initial, expected));
        return tensor;
    }

    private void upload() {
        for (Operand operand : operands) {
            if (!operand.wrapped) {
                operand.store.upload(operand.initial);
            }
        }
    }

    private void run(Kernel kernel) {
        upload();
        switch (placement) {
            case ALLOCATED -> backend.run(kernel);
            case TEMPORARY -> {
                operands.forEach(operand -> recorder.add(new Copy(operand.store, operand.tensor)));
                recorder.add(kernel);
                operands.stream()
                        .filter(operand -> !operand.wrapped)
                        .forEach(operand -> recorder.add(new Copy(operand.tensor, operand.store)));
                Program program = backend.compile(recorder.recording());
                program.run();
                upload();
                program.run();
            }
        }
    }

    private void expectResultsOf(Kernel kernel) {
        new ReferenceKernels(tensor -> operandOf(tensor).expected).run(kernel);
    }

    private void expectAs(CaseOperands judged) {
        for (int i = 0; i < operands.size(); i++) {
            operands.set(i, operands.get(i).expecting(judged.operands.get(i).expected));
        }
    }

    private List<String> compare(Kernel kernel) {
        List<String> mismatches = new ArrayList<>();
        for (Operand operand : operands) {
            if (kernel.outputs().contains(operand.tensor)) {
                compare(operand).ifPresent(mismatches::add);
            } else if (!Arrays.equals(download(operand.store), operand.initial.toArray(ValueLayout.JAVA_BYTE))) {
                mismatches.add(operand.tensor + " is no output, but was changed");
            }
        }
        return mismatches;
    }

    /** The worst of the elements that are too far from what is expected. */
    private static Optional<String> compare(Operand operand) {
        HostTensor found = HostTensor.of(operand.store);
        HostTensor expected = operand.expected;
        int wrong = 0;
        int worst = -1;
        double worstExcess = 0;
        for (int i = 0; i < expected.size(); i++) {
            double excess =
                    expected.ints().length > 0
                            ? Math.abs((double) found.ints()[i] - expected.ints()[i])
                            : excess(found.values()[i], expected.values()[i], expected.bounds()[i]);
            if (excess > 0) {
                wrong++;
                if (worst < 0 || excess > worstExcess) {
                    worst = i;
                    worstExcess = excess;
                }
            }
        }
        if (wrong == 0) {
            return Optional.empty();
        }
        String element =
                expected.ints().length > 0
                        ? "found " + found.ints()[worst] + ", expected " + expected.ints()[worst]
                        : "found "
                                + found.values()[worst]
                                + ", expected "
                                + expected.values()[worst]
                                + " ± "
                                + expected.bounds()[worst];
        return Optional.of(
                "%s: %d of %d elements are wrong, the worst is element %d: %s"
                        .formatted(operand.tensor, wrong, expected.size(), worst, element));
    }

    /** How many times its bound an element is off; zero if it is within. */
    private static double excess(double found, double expected, double bound) {
        if (Double.compare(found, expected) == 0) {
            return 0;
        }
        if (Double.isInfinite(found) && Math.abs(expected) + bound > Float.MAX_VALUE) {
            return Math.signum(found) == Math.signum(expected) ? 0 : Double.POSITIVE_INFINITY;
        }
        if (!Double.isFinite(found) || !Double.isFinite(expected)) {
            return Double.POSITIVE_INFINITY;
        }
        double error = Math.abs(found - expected);
        return error <= bound ? 0 : error / Math.max(bound, Double.MIN_NORMAL);
    }

    private static byte[] download(Tensor tensor) {
        byte[] bytes = new byte[Math.toIntExact(tensor.bytes())];
        tensor.download(MemorySegment.ofArray(bytes));
        return bytes;
    }
}
