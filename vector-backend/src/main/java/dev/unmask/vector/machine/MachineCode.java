package dev.unmask.vector.machine;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Functions in executable memory. */
final class MachineCode {
    private static final int ALIGNMENT = 64;

    private MachineCode() {}

    /** Whether this process can run the instructions of {@link Assembler} and ask what {@link LinuxCalls} asks. */
    static boolean hasPlatform() {
        return System.getProperty("os.arch").equals("amd64") && System.getProperty("os.name").equals("Linux");
    }

    /** The code of a function for a tile of so many rows by so many vectors. */
    interface Shape {
        byte[] function(int rows, int vectors);
    }

    /**
     * Loads functions for tiles of all shapes: that for {@code r} rows and {@code v} vectors is number {@code (r - 1) ·
     * vectors + v - 1}.
     *
     * @param rows the most
     * @param vectors the most
     * @param shape the code of each
     * @param refusal told why, if the system refuses
     * @return as {@link #load(List, Consumer)}
     */
    static Optional<List<MemorySegment>> load(int rows, int vectors, Shape shape, Consumer<String> refusal) {
        List<byte[]> functions =
                IntStream.range(0, rows * vectors)
                        .mapToObj(i -> shape.function(i / vectors + 1, i % vectors + 1))
                        .toList();
        return load(functions, refusal);
    }

    /**
     * Loads functions into executable memory, for as long as the process lasts.
     *
     * @param functions the code of each, free of addresses of its own
     * @param refusal told why, if the system refuses
     * @return where each starts, in order; empty if the system allows no executable memory
     */
    static Optional<List<MemorySegment>> load(List<byte[]> functions, Consumer<String> refusal) {
        int[] starts = new int[functions.size() + 1];
        for (int i = 0; i < functions.size(); i++) {
            starts[i + 1] = (starts[i] + functions.get(i).length + ALIGNMENT - 1) & -ALIGNMENT;
        }
        byte[] all = new byte[starts[functions.size()]];
        for (int i = 0; i < functions.size(); i++) {
            System.arraycopy(functions.get(i), 0, all, starts[i], functions.get(i).length);
        }
        return switch (LinuxCalls.executable(all)) {
            case LinuxCalls.Mapping.Refused(String reason) -> {
                refusal.accept("machine code steps aside, as the system allows none: " + reason);
                yield Optional.empty();
            }
            case LinuxCalls.Mapping.Mapped(MemorySegment code) ->
                    Optional.of(IntStream.range(0, functions.size()).mapToObj(i -> code.asSlice(starts[i])).toList());
        };
    }
}
