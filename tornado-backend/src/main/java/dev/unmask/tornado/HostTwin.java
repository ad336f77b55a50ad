package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Optional;

/**
 * The counterpart on the host that TornadoVM wants of an array on a device. Nobody reads or writes it but its header,
 * so that addresses are enough, for which the system gives memory only where they are used. They are never given back:
 * TornadoVM keeps what it was given.
 */
final class HostTwin {
    private static final int READ_AND_WRITE = 3;

    /** Private, anonymous, without memory set aside: as Linux numbers them. */
    private static final int ONLY_ADDRESSES = 0x4022;

    private static final Optional<MethodHandle> RESERVE = reserve();

    private HostTwin() {}

    /** Whether twins take no memory here. */
    static boolean isFree() {
        return RESERVE.isPresent();
    }

    /** The twin of an array of floats. */
    @SuppressWarnings("restricted")
    static FloatArray floats(int elements) {
        long bytes = Long.BYTES * 2 + 4L * elements;
        if (RESERVE.isEmpty() || TornadoNativeArray.ARRAY_HEADER != Long.BYTES * 2) {
            return new FloatArray(elements);
        }
        try {
            long address = (long) RESERVE.get().invokeExact(0L, bytes, READ_AND_WRITE, ONLY_ADDRESSES, -1, 0L);
            return address == -1
                    ? new FloatArray(elements)
                    : FloatArray.fromSegmentShallow(MemorySegment.ofAddress(address).reinterpret(bytes));
        } catch (Throwable e) {
            throw new IllegalStateException("mmap could not be called", e);
        }
    }

    @SuppressWarnings("restricted")
    private static Optional<MethodHandle> reserve() {
        if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).equals("linux")) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("mmap")
                .map(function ->
                        linker.downcallHandle(
                                function,
                                FunctionDescriptor.of(
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_LONG,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_INT,
                                        ValueLayout.JAVA_LONG)));
    }
}
