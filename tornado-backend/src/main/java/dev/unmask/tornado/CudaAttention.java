package dev.unmask.tornado;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.unmask.tornado.FusedAttention.Part;
import dev.unmask.tornado.FusedAttention.Role;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Attention by the CUDA kernels in the folder {@code attention}, which NVRTC compiles for the device when they are
 * first needed, and which CUDA's driver launches on the stream of the plan.
 */
final class CudaAttention implements AttentionLibrary {
    /** Elements of the largest head. */
    static final int MOST_SIZE = 128;

    /** Of the source, in this order: what comes before is used by what comes after. */
    private static final List<String> PARTS = List.of("device", "tiles", "seen", "forward", "queries", "keys");

    /** What tensor cores for TF32 and bfloat16 came with: compute capability 8.0. */
    private static final int OLDEST = 80;

    private static final int PLACE_BYTES = 24;
    private static final int WORK_BYTES = 232;
    private static final int POINTERS = Role.values().length * PLACE_BYTES;
    private static final int NUMBERS = POINTERS + 24;
    private static final int ALIGNMENT = 16;

    private final Nvrtc compiler;
    private final CudaDriver driver;
    private final Map<Variant, Map<Part, Long>> functions = new HashMap<>();

    /**
     * Kernels of one compilation, as a context has loaded them.
     *
     * @param context of CUDA
     * @param tuning how they divide their work
     */
    private record Variant(long context, AttentionTuning tuning) {}

    /** Whether it is there. */
    sealed interface Found permits Present, Missing {}

    /**
     * It is there.
     *
     * @param library it
     */
    record Present(AttentionLibrary library) implements Found {}

    /**
     * It is not there.
     *
     * @param reason why, and what to do
     */
    record Missing(String reason) implements Found {}

    private CudaAttention(Nvrtc compiler, CudaDriver driver) {
        this.compiler = compiler;
        this.driver = driver;
    }

    /** Whether there is a compiler for a driver. */
    static Found find(CudaDriver driver) {
        try {
            Optional<Nvrtc> compiler = Nvrtc.find();
            return compiler.isEmpty()
                    ? new Missing(
                            "found none of "
                                    + String.join(", ", Nvrtc.names())
                                    + "; install the CUDA toolkit, or name NVRTC by -D"
                                    + Nvrtc.FLAG)
                    : new Present(new CudaAttention(compiler.get(), driver));
        } catch (RuntimeException | LinkageError e) {
            return new Missing("NVRTC lacks a function: " + e.getMessage());
        }
    }

    @Override
    public String name() {
        return "NVRTC (" + compiler.name() + ")";
    }

    /** The source of the kernels: its parts one after the other. */
    static String source() {
        return PARTS.stream().map(CudaAttention::read).collect(Collectors.joining("\n"));
    }

    private static String read(String part) {
        String name = "attention/" + part + ".cu";
        try (InputStream in = CudaAttention.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Options of the compiler for a device of a compute capability, such as 90. */
    static List<String> options(AttentionTuning tuning, int capability) {
        List<String> options = new ArrayList<>(tuning.options());
        options.add("--gpu-architecture=sm_" + capability);
        options.add("--std=c++17");
        return options;
    }

    @Override
    public void prepare(NativeQueue queue) {
        driver.makeCurrent(queue.context());
        if (queue.floats(0) % ALIGNMENT != 0) {
            throw new IllegalStateException(
                    String.format(
                            Locale.ROOT,
                            "the memory begins at 0x%x, which is no multiple of %d",
                            queue.floats(0),
                            ALIGNMENT));
        }
    }

    @Override
    public void attend(NativeQueue queue, FusedAttention step) {
        AttentionTuning tuning = AttentionTuning.of(step.sizes().size(), step.precision());
        Part part = step.part();
        AttentionTuning.Block block = tuning.block(part);
        int rows = part == Part.KEY_VALUE_GRADIENT ? step.keys() : step.queries();
        int heads = part == Part.KEY_VALUE_GRADIENT ? step.sizes().groups() : step.sizes().heads();
        Map<Part, Long> kernels =
                functions.computeIfAbsent(new Variant(queue.context(), tuning), _ -> compiled(tuning));
        CudaDriver.Grid grid =
                new CudaDriver.Grid(
                        (rows + block.rows() - 1) / block.rows(),
                        heads,
                        step.sizes().batch(),
                        block.threads(),
                        tuning.sharedBytes(part));
        try (Arena arena = Arena.ofConfined()) {
            driver.launch(kernels.get(part), grid, work(arena, queue, step), queue.stream());
        }
    }

    private Map<Part, Long> compiled(AttentionTuning tuning) {
        int capability = driver.capability();
        if (capability < OLDEST) {
            throw new IllegalStateException(
                    "the device is of compute capability "
                            + capability / 10
                            + "."
                            + capability % 10
                            + ", and tensor cores for TF32 came with 8.0");
        }
        long module = driver.load(compiler.compile(source(), options(tuning, capability)));
        Map<Part, Long> kernels = new EnumMap<>(Part.class);
        for (Part part : Part.values()) {
            kernels.put(part, driver.kernel(module, kernel(part), tuning.sharedBytes(part)));
        }
        return kernels;
    }

    private static String kernel(Part part) {
        return switch (part) {
            case FORWARD -> "attentionForward";
            case QUERY_GRADIENT -> "attentionQueryGradient";
            case KEY_VALUE_GRADIENT -> "attentionKeyValueGradient";
        };
    }

    /** The struct {@code Work} of the source. */
    static MemorySegment work(Arena arena, NativeQueue queue, FusedAttention step) {
        MemorySegment work = arena.allocate(WORK_BYTES, Long.BYTES);
        for (Role role : Role.values()) {
            // Roles that a part has not are those of none.
            if (role.ordinal() < step.heads().size()) {
                HeadPlaces places = step.places(role);
                long at = role.ordinal() * (long) PLACE_BYTES;
                work.set(JAVA_LONG, at, float32(queue, places.address()));
                work.set(JAVA_INT, at + 8, places.length());
                work.set(JAVA_INT, at + 12, places.width());
                work.set(JAVA_INT, at + 16, places.groupStep());
                work.set(JAVA_INT, at + 20, places.headStep());
            }
        }
        work.set(JAVA_LONG, POINTERS, float32(queue, step.logSumExp()));
        work.set(JAVA_LONG, POINTERS + 8, float32(queue, step.delta()));
        work.set(JAVA_LONG, POINTERS + 16, step.seen() == Arguments.NONE ? 0 : queue.words() + 4L * step.seen());
        work.set(JAVA_INT, NUMBERS, step.sizes().heads());
        work.set(JAVA_INT, NUMBERS + 4, step.sizes().perGroup());
        work.set(JAVA_INT, NUMBERS + 8, step.sizes().size());
        work.set(JAVA_FLOAT, NUMBERS + 12, (float) (1 / Math.sqrt(step.sizes().size())));
        return work;
    }

    private static long float32(NativeQueue queue, long address) {
        return address == Arguments.NONE ? 0 : queue.pointer(address);
    }
}
