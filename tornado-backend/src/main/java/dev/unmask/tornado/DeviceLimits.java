package dev.unmask.tornado;

import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.MemoryUse.Limit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** How much memory the arrays of a {@link DevicePlan} may take, and why no more. */
final class DeviceLimits {
    /** Of an array of TornadoVM, which counts them in an integer, short of what a grid of threads is rounded up to. */
    static final int MOST_ELEMENTS = Integer.MAX_VALUE - 64;

    /**
     * Set aside for the arrays that are carried to and from the host: 17 MiB, of which TornadoVM keeps 13 MiB for good
     * each time that a plan gives way to a larger one.
     */
    private static final long STAGING_BYTES = 128L << 20;

    /** The flag that raises what TornadoVM takes of a device. */
    private static final String FLAG = "tornado.device.memory";

    private static final long TORNADO_DEFAULT = 4L << 30;
    private static final String UNITS = "KMGT";
    private static final Pattern SIZE = Pattern.compile("(\\d{1,18})(?:([" + UNITS + "])B)?");
    private static final long HEADER = 64;

    private DeviceLimits() {}

    /** Elements that an array of floats has at most. */
    static int mostElementsOfBank(Device device) {
        return (int) (Math.min(MOST_ELEMENTS, (device.largestArrayBytes() - HEADER) / 4) / 16 * 16);
    }

    /**
     * The limits of all arrays together.
     *
     * @param device where they are
     * @param wordElements length of the array of words, which lies beside the floats, as staging arrays do
     */
    static List<Limit> of(Device device, long wordElements) {
        List<Limit> limits =
                new ArrayList<>(
                        List.of(
                                new Limit("the memory of " + device.name(), device.memoryBytes(), ""),
                                new Limit(
                                        "what " + Banks.MOST + " arrays hold that TornadoVM and the driver give",
                                        4L * Banks.MOST * mostElementsOfBank(device) + besides(wordElements),
                                        ""),
                                new Limit("what TornadoVM takes of a device", tornadoLimit(), "raise -D" + FLAG)));
        if (!HostTwin.isFree()) {
            limits.add(Limit.offHeap());
        }
        return List.copyOf(limits);
    }

    /** Those of some limits that are below a need; if one of them cannot be raised, raising the others is no help. */
    static List<Limit> exceeded(List<Limit> limits, long bytes) {
        List<Limit> exceeded = limits.stream().filter(limit -> limit.bytes() < bytes).toList();
        List<Limit> fixed = exceeded.stream().filter(limit -> limit.remedy().isEmpty()).toList();
        return fixed.isEmpty() ? exceeded : fixed;
    }

    /** Limits in a sentence, each with what it is and how to raise it. */
    static String described(List<Limit> limits) {
        return limits.stream()
                .map(limit ->
                        String.format(
                                Locale.ROOT,
                                "%s is %s%s",
                                limit.what(),
                                ByteSize.of(limit.bytes()),
                                limit.remedy().isEmpty() ? "" : " (" + limit.remedy() + ")"))
                .collect(Collectors.joining(", and "));
    }

    /** What is taken beside the arrays of floats. */
    static long besides(long wordElements) {
        return wordElements * 4 + STAGING_BYTES;
    }

    /**
     * What TornadoVM takes of a device.
     *
     * @throws InputException if the flag holds no size
     */
    static long tornadoLimit() {
        String limit = System.getProperty(FLAG);
        return limit == null ? TORNADO_DEFAULT : bytes(limit);
    }

    /** Reads a size as TornadoVM does: {@code 16GB}, or a number of bytes. */
    static long bytes(String size) {
        Matcher matcher = SIZE.matcher(size);
        if (!matcher.matches()) {
            throw new InputException("-D" + FLAG + ": found " + size + ", expected a size such as 16GB or 512MB");
        }
        String unit = matcher.group(2);
        int shift = unit == null ? 0 : 10 * (UNITS.indexOf(unit) + 1);
        return Math.min(Long.parseLong(matcher.group(1)), Long.MAX_VALUE >> shift) << shift;
    }
}
