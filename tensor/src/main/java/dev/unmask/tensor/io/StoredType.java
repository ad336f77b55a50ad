package dev.unmask.tensor.io;

import dev.unmask.tensor.DType;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The element types that a safetensors file may hold, by their names in the file; all are little-endian. A backend
 * computes on few of them: see {@link DType}.
 */
public enum StoredType {
    /** A boolean, one byte, 0 or 1. */
    BOOL(1),
    /** Unsigned 8-bit integer. */
    U8(1),
    /** Two's complement 8-bit integer. */
    I8(1),
    /** 8-bit float, 5 bits of exponent, 2 of mantissa. */
    F8_E5M2(1),
    /** 8-bit float, 4 bits of exponent, 3 of mantissa. */
    F8_E4M3(1),
    /** 8-bit power of two, used as a scale. */
    F8_E8M0(1),
    /** Two's complement 16-bit integer. */
    I16(2),
    /** Unsigned 16-bit integer. */
    U16(2),
    /** IEEE 754 half precision. */
    F16(2),
    /** bfloat16: the upper half of a float32. */
    BF16(2),
    /** Two's complement 32-bit integer. */
    I32(4),
    /** Unsigned 32-bit integer. */
    U32(4),
    /** IEEE 754 single precision. */
    F32(4),
    /** IEEE 754 double precision. */
    F64(8),
    /** Two's complement 64-bit integer. */
    I64(8),
    /** Unsigned 64-bit integer. */
    U64(8),
    /** A complex number of two {@link #F32}. */
    C64(8);

    private static final Map<String, StoredType> BY_NAME =
            Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(StoredType::name, Function.identity()));

    private final int bytes;

    StoredType(int bytes) {
        this.bytes = bytes;
    }

    /**
     * The size of one element.
     *
     * @return bytes per element
     */
    public int bytes() {
        return bytes;
    }

    /**
     * The type of a name in a file.
     *
     * @param name for example {@code BF16}
     * @return the type, or empty if no type has that name
     */
    public static Optional<StoredType> named(String name) {
        return Optional.ofNullable(BY_NAME.get(name));
    }
}
