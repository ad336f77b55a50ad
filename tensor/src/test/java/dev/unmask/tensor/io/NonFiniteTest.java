package dev.unmask.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;

class NonFiniteTest {
    /** Larger than what one processor looks at in a row. */
    private static final int MANY = 300_001;

    private static MemorySegment allocate(StoredType type, long elements, int misalignment) {
        return Arena.ofAuto().allocate(elements * type.bytes() + misalignment, 8).asSlice(misalignment);
    }

    private static void put(StoredType type, MemorySegment data, long index, long bits) {
        for (int i = 0; i < type.bytes(); i++) {
            data.set(ValueLayout.JAVA_BYTE, index * type.bytes() + i, (byte) (bits >>> 8 * i));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F32, 7F800000", "F32, FF800000", "F32, 7FC00000", "F32, 7F800001", "F32, FFFFFFFF", "BF16, 7F80",
        "BF16, FF80", "BF16, 7FC0", "BF16, FF81", "F16, 7C00", "F16, FC01", "F64, 7FF0000000000000",
        "F64, FFF8000000000001", "C64, 7F80000000000000", "C64, 000000007F800000"
    })
    void anInfinityOrNanIsFoundWhereverItIs(StoredType type, String hexadecimal) {
        long bits = Long.parseUnsignedLong(hexadecimal, 16);
        for (int misalignment : List.of(0, 1, type.bytes())) {
            for (int elements : List.of(1, 2, 3, 5, 8, 17)) {
                for (int index = 0; index < elements; index++) {
                    MemorySegment data = allocate(type, elements, misalignment);
                    put(type, data, index, bits);
                    assertEquals(OptionalLong.of(index), NonFinite.first(type, data));
                }
            }
        }
        for (int index : List.of(0, MANY / 2, MANY - 1)) {
            MemorySegment data = allocate(type, MANY, 0);
            put(type, data, index, bits);
            put(type, data, MANY - 1, bits);
            assertEquals(OptionalLong.of(index), NonFinite.first(type, data));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "F32, 7F7FFFFF, FF7FFFFF",
        "BF16, 7F7F, FF7F",
        "F16, 7BFF, FBFF",
        "F64, 7FEFFFFFFFFFFFFF, FFEFFFFFFFFFFFFF"
    })
    void theLargestNumbersAreFinite(StoredType type, String largest, String smallest) {
        MemorySegment data = allocate(type, MANY, 0);
        for (int i = 0; i < MANY; i++) {
            put(type, data, i, Long.parseUnsignedLong(i % 2 == 0 ? largest : smallest, 16));
        }
        assertEquals(OptionalLong.empty(), NonFinite.first(type, data));
    }

    /** Bits next to one another must not be taken for an exponent. */
    @Test
    void anyFiniteNumbersAreFinite() {
        Random random = new Random(1);
        MemorySegment data = allocate(StoredType.F32, MANY, 0);
        for (int i = 0; i < MANY; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            data.setAtIndex(ValueLayout.JAVA_FLOAT, i, Float.isFinite(value) ? value : 0);
        }
        assertEquals(OptionalLong.empty(), NonFinite.first(StoredType.F32, data));
    }

    @Test
    void nothingAndWholeNumbersHaveNone() {
        assertEquals(OptionalLong.empty(), NonFinite.first(StoredType.F32, MemorySegment.NULL));
        MemorySegment data = allocate(StoredType.I32, 8, 0);
        data.fill((byte) 0x7F);
        assertEquals(OptionalLong.empty(), NonFinite.first(StoredType.I32, data));
    }

    @Test
    void whatOnlyThisThreadMayReadIsReadByIt() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment data = arena.allocate(MANY * (long) Float.BYTES, Float.BYTES);
            assertEquals(OptionalLong.empty(), NonFinite.first(StoredType.F32, data));
            data.setAtIndex(ValueLayout.JAVA_FLOAT, MANY - 2, Float.NaN);
            assertEquals(OptionalLong.of(MANY - 2), NonFinite.first(StoredType.F32, data));
        }
    }
}
