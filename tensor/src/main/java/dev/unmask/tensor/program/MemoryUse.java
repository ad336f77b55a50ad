package dev.unmask.tensor.program;

import com.sun.management.HotSpotDiagnosticMXBean;

import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.List;

/**
 * What a {@link DryRun} has counted, in bytes.
 *
 * @param tensors tensors that are not temporary
 * @param temporaries what programs hold for their temporaries, those sharing memory whose lives do not overlap
 * @param sideBySide what the same temporaries would take if none shared memory
 * @param workspace what the backend and its kernels take beside them
 * @param limits how much there may be in all, each for its own reason
 */
public record MemoryUse(long tensors, long temporaries, long sideBySide, long workspace, List<Limit> limits) {
    /**
     * A reason why memory ends.
     *
     * @param what what ends, as in {@code the device's memory}
     * @param bytes how much there is
     * @param remedy how to have more of it; empty: it is what it is
     */
    public record Limit(String what, long bytes, String remedy) {
        private static final String OPTION = "MaxDirectMemorySize";

        /**
         * What the JVM may take outside its heap: what the option says, or else the size of the heap.
         *
         * @return the limit
         */
        public static Limit offHeap() {
            HotSpotDiagnosticMXBean options = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            long bytes = Long.parseLong(options.getVMOption(OPTION).getValue());
            return new Limit(
                    "what the JVM may take outside its heap",
                    bytes == 0 ? Runtime.getRuntime().maxMemory() : bytes,
                    "raise -XX:" + OPTION);
        }
    }

    /** Takes a copy of the limits. */
    public MemoryUse {
        limits = List.copyOf(limits);
        if (limits.isEmpty()) {
            throw new IllegalArgumentException("limits: found none, expected at least the device's memory");
        }
    }

    /**
     * The most that is in use at a time.
     *
     * @return bytes
     */
    public long peak() {
        return tensors + temporaries + workspace;
    }

    /**
     * What would be in use if no two temporaries shared memory.
     *
     * @return bytes
     */
    public long sumOfParts() {
        return tensors + sideBySide + workspace;
    }

    /**
     * The limit that is reached first.
     *
     * @return the smallest
     */
    public Limit tightest() {
        return limits.stream().min(Comparator.comparingLong(Limit::bytes)).orElseThrow();
    }

    /**
     * Whether the peak stays within every limit.
     *
     * @return whether there is room
     */
    public boolean fits() {
        return peak() <= tightest().bytes();
    }
}
