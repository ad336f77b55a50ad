package dev.unmask.tensor.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * Finds infinities and NaN among stored numbers, at the speed of memory and on all processors: weights with one of them
 * compute nothing, or worse, something that looks like a result.
 */
public final class NonFinite {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Bytes that one processor looks at in a row. */
    private static final int PIECE = 1 << 18;

    /** The exponents of the numbers in a word, and the lowest bit of each: added up, a full exponent carries out. */
    private record Exponents(long mask, long one) {
        static Exponents of(StoredType type) {
            return switch (type) {
                case BF16 -> new Exponents(0x7F80_7F80_7F80_7F80L, 0x0080_0080_0080_0080L);
                case F16 -> new Exponents(0x7C00_7C00_7C00_7C00L, 0x0400_0400_0400_0400L);
                case F32, C64 -> new Exponents(0x7F80_0000_7F80_0000L, 0x0080_0000_0080_0000L);
                case F64 -> new Exponents(0x7FF0_0000_0000_0000L, 0x0010_0000_0000_0000L);
                default -> new Exponents(0, 0);
            };
        }

        /** The carries: the sign bits of those that are not finite. */
        long in(long word) {
            return (word & mask) + one & ~mask;
        }

        /** The carries of many words together. */
        long in(MemorySegment data, long from, int bytes) {
            long found = 0;
            for (int i = 0; i < bytes; i += Long.BYTES) {
                found |= (data.get(WORD, from + i) & mask) + one;
            }
            return found & ~mask;
        }
    }

    private NonFinite() {}

    /**
     * Finds the first number that is not finite.
     *
     * @param type the element type; those of integers and of eight bits have no such numbers that are looked for
     * @param data whole elements, little-endian, at any alignment; if only this thread may read it, this thread does
     * @return the index of the element, if there is one
     */
    public static OptionalLong first(StoredType type, MemorySegment data) {
        Exponents exponents = Exponents.of(type);
        if (exponents.mask == 0) {
            return OptionalLong.empty();
        }
        long pieces = Math.ceilDiv(data.byteSize(), PIECE);
        LongStream all = LongStream.range(0, pieces);
        OptionalLong piece =
                (pieces > 1 && isShared(data) ? all.parallel() : all)
                        .filter(i -> holds(exponents, data, i * PIECE))
                        .findFirst();
        if (piece.isEmpty()) {
            return piece;
        }
        long from = piece.getAsLong() * PIECE;
        long index = from / type.bytes();
        while (exponents.in(element(type, data, index)) == 0) {
            index++;
        }
        return OptionalLong.of(index);
    }

    /** Whether other threads may read it: what a confined arena owns they may not. */
    private static boolean isShared(MemorySegment data) {
        return data.isAccessibleBy(Thread.ofVirtual().unstarted(() -> {}));
    }

    private static boolean holds(Exponents exponents, MemorySegment data, long from) {
        int bytes = (int) Math.min(PIECE, data.byteSize() - from);
        int words = bytes / Long.BYTES * Long.BYTES;
        return exponents.in(data, from, words) != 0 || exponents.in(tail(data, from + words, bytes - words)) != 0;
    }

    /** The last bytes as a word filled up with zeros, which are finite. */
    private static long tail(MemorySegment data, long from, int bytes) {
        long word = 0;
        for (int i = 0; i < bytes; i++) {
            word |= (data.get(ValueLayout.JAVA_BYTE, from + i) & 0xFFL) << 8 * i;
        }
        return word;
    }

    private static long element(StoredType type, MemorySegment data, long index) {
        return tail(data, index * type.bytes(), type.bytes());
    }
}
