package dev.unmask.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.Philox.Purpose;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

class PhiloxTest {
    private static final long SEED = 0x0123456789ABCDEFL;
    private static final int DRAWS = 200_000;

    /** The known answers of Random123, file kat_vectors, philox4x32 with 10 rounds. */
    @ParameterizedTest
    @CsvSource({
        "00000000 00000000 00000000 00000000, 00000000 00000000, 6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        "ffffffff ffffffff ffffffff ffffffff, ffffffff ffffffff, 408f276d 41c83b0e a20bc7c6 6d5451fd",
        "243f6a88 85a308d3 13198a2e 03707344, a4093822 299f31d0, d16cfe09 94fdcceb 5001e420 24126ea1"
    })
    void agreesWithTheKnownAnswersOfRandom123(String counter, String key, String expected) {
        long[] c = pairs(counter);
        long k = pairs(key)[0];
        int[] x = hex(expected);
        long lower = Philox.words(false, k, c[0], c[1]);
        long upper = Philox.words(true, k, c[0], c[1]);
        assertEquals(x[0], (int) (lower >>> 32));
        assertEquals(x[1], (int) lower);
        assertEquals(x[2], (int) (upper >>> 32));
        assertEquals(x[3], (int) upper);
    }

    @Test
    void laysOutKeyAndCounterAsDocumented() {
        long index = 0x00_ABCDEF_12345678L;
        long step = 0x1122334455667788L;
        int expected = (int) (Philox.words(false, 0x0123456789ABCDEFL, 0x06ABCDEF_12345678L, step) >>> 32);
        assertEquals(expected, Philox.bits(SEED, Purpose.GUMBEL, step, index));
    }

    @Test
    void aBlockIsTheFourWordsOfWhichTheOthersTakeSome() {
        int[] block = new int[4];
        Philox.block(SEED, Purpose.MASK, 7, 99, block);
        assertEquals(Philox.bits(SEED, Purpose.MASK, 7, 99), block[0]);
        long lower = (long) block[0] << 32 | block[1] & 0xFFFFFFFFL;
        assertEquals((2 * (lower >>> 12) + 1) * 0x1p-53, Philox.uniform53(SEED, Purpose.MASK, 7, 99));
        assertEquals(4, Arrays.stream(block).distinct().count());
    }

    @Test
    void theKeysOfPurposesNeverChange() {
        String keys = Arrays.stream(Purpose.values()).map(purpose -> purpose + "=" + purpose.key()).toList().toString();
        assertEquals(
                "[INIT=0, SHUFFLE=1, CROP=2, LENGTH=3, NOISE_LEVEL=4, MASK=5, GUMBEL=6, ORDER=7, REMASK=8,"
                        + " LIKELIHOOD=9, SYNTHESIS=10, PROMPT=11, DROPOUT=12]",
                keys);
    }

    @ParameterizedTest
    @EnumSource(Purpose.class)
    void uniformsFillTheOpenUnitInterval(Purpose purpose) {
        double sum = 0;
        double squares = 0;
        int[] tenths = new int[10];
        for (int i = 0; i < DRAWS; i++) {
            double u = Philox.uniform53(SEED, purpose, 3, i);
            assertTrue(u > 0 && u < 1);
            sum += u;
            squares += u * u;
            tenths[(int) (u * 10)]++;
        }
        assertEquals(1 / 2.0, sum / DRAWS, 5 * Math.sqrt(1 / 12.0 / DRAWS));
        assertEquals(1 / 3.0, squares / DRAWS, 5 * Math.sqrt(4 / 45.0 / DRAWS));
        // 9 degrees of freedom: 33.7 is passed once in 10,000.
        assertTrue(chiSquare(tenths, DRAWS / 10.0) < 33.7, Arrays.toString(tenths));
    }

    @Test
    void aFloatIsAnOddMultipleOfTwoToTheMinus24() {
        for (int i = 0; i < 10_000; i++) {
            float u = Philox.uniform24(SEED, Purpose.MASK, 0, i);
            int bits = Philox.bits(SEED, Purpose.MASK, 0, i);
            assertTrue(u > 0 && u < 1);
            assertEquals(2 * (bits >>> 9) + 1, (int) (u * 0x1p24f));
        }
    }

    @Test
    void gaussiansHaveTheMomentsOfTheStandardNormalDistribution() {
        double[] moments = new double[5];
        for (int i = 0; i < DRAWS; i++) {
            double x = Philox.gaussian(SEED, Purpose.INIT, 0, i);
            double power = 1;
            for (int m = 0; m < moments.length; m++) {
                moments[m] += power / DRAWS;
                power *= x;
            }
        }
        double deviation = 5 / Math.sqrt(DRAWS);
        assertEquals(0, moments[1], deviation);
        assertEquals(1, moments[2], deviation * Math.sqrt(2));
        assertEquals(0, moments[3], deviation * Math.sqrt(15));
        assertEquals(3, moments[4], deviation * Math.sqrt(96));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 1000, 1L << 33, Long.MAX_VALUE})
    void boundedIntegersAreSpreadEvenlyBelowTheBound(long bound) {
        double sum = 0;
        for (int i = 0; i < DRAWS; i++) {
            long value = Philox.bounded(SEED, Purpose.CROP, 1, i, bound);
            assertTrue(value >= 0 && value < bound);
            sum += (value + 0.5) / bound;
        }
        assertEquals(0.5, sum / DRAWS, 5 * Math.sqrt(1 / 12.0 / DRAWS));
    }

    @Test
    void refusesABoundBelowOne() {
        String message =
                assertThrows(IllegalArgumentException.class, () -> Philox.bounded(SEED, Purpose.CROP, 0, 0, 0))
                        .getMessage();
        assertEquals("a random integer below 0 was asked for; use a bound of 1 up", message);
    }

    @Test
    void streamsOfOtherSeedsPurposesStepsAndIndicesAreUncorrelated() {
        double seeds = 0;
        double purposes = 0;
        double steps = 0;
        double indices = 0;
        for (int i = 0; i < DRAWS; i++) {
            double u = centred(SEED, Purpose.MASK, 5, i);
            seeds += u * centred(SEED + 1, Purpose.MASK, 5, i);
            purposes += u * centred(SEED, Purpose.GUMBEL, 5, i);
            steps += u * centred(SEED, Purpose.MASK, 6, i);
            indices += u * centred(SEED, Purpose.MASK, 5, i + 1L);
        }
        double bound = 5 * Math.sqrt(DRAWS);
        for (double correlation : new double[] {seeds, purposes, steps, indices}) {
            assertEquals(0, correlation, bound);
        }
    }

    @Test
    void noTwoStreamsShareABlock() {
        Set<Long> seen = new HashSet<>();
        int drawn = 0;
        for (Purpose purpose : Purpose.values()) {
            for (long step : new long[] {0, 1, 1L << 32, -1}) {
                for (long index : new long[] {0, 1, 1L << 24, 1L << 32, 1L << 55, Philox.INDICES - 1}) {
                    seen.add(Double.doubleToLongBits(Philox.uniform53(SEED, purpose, step, index)));
                    drawn++;
                }
            }
        }
        assertEquals(drawn, seen.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 4096, 4097, 65_537})
    void aPermutationReachesEveryEntryOnce(int n) {
        boolean[] reached = new boolean[n];
        for (int i = 0; i < n; i++) {
            int place = (int) Philox.permute(SEED, 2, n, i);
            assertFalse(reached[place]);
            reached[place] = true;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {(1L << 40) + 12_345, (1L << 62) + 1, Long.MAX_VALUE})
    void aPermutationOfAHugeNumberOfEntriesStaysInRangeAndDoesNotCollide(long n) {
        Set<Long> places = new HashSet<>();
        for (int i = 0; i < 10_000; i++) {
            long place = Philox.permute(SEED, 0, n, n - 1 - i);
            assertTrue(place >= 0 && place < n);
            places.add(place);
        }
        assertEquals(10_000, places.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 10})
    void everyEntryGoesEverywhereEquallyOften(int n) {
        int epochs = 20_000;
        for (int i = 0; i < n; i++) {
            int[] places = new int[n];
            for (int epoch = 0; epoch < epochs; epoch++) {
                places[(int) Philox.permute(SEED, epoch, n, i)]++;
            }
            // At most 9 degrees of freedom: 33.7 is passed less than once in 10,000.
            assertTrue(chiSquare(places, epochs / (double) n) < 33.7, Arrays.toString(places));
        }
    }

    @Test
    void everyOrderOfThreeEntriesIsEquallyLikely() {
        int epochs = 60_000;
        int[] orders = new int[9];
        for (int epoch = 0; epoch < epochs; epoch++) {
            orders[3 * (int) Philox.permute(SEED, epoch, 3, 0) + (int) Philox.permute(SEED, epoch, 3, 1)]++;
        }
        int[] possible = Arrays.stream(orders).filter(count -> count > 0).toArray();
        assertEquals(6, possible.length);
        // 5 degrees of freedom: 25.7 is passed once in 10,000.
        assertTrue(chiSquare(possible, epochs / 6.0) < 25.7, Arrays.toString(possible));
    }

    @Test
    void anotherEpochOrSeedIsAnotherPermutation() {
        long[] first = new long[100];
        long[] epoch = new long[100];
        long[] seed = new long[100];
        for (int i = 0; i < first.length; i++) {
            first[i] = Philox.permute(SEED, 0, first.length, i);
            epoch[i] = Philox.permute(SEED, 1, first.length, i);
            seed[i] = Philox.permute(SEED + 1, 0, first.length, i);
        }
        assertNotEquals(Arrays.toString(first), Arrays.toString(epoch));
        assertNotEquals(Arrays.toString(first), Arrays.toString(seed));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "5, 5", "5, -1"})
    void refusesAnEntryOutsideThePermutation(long n, long i) {
        String message = assertThrows(IllegalArgumentException.class, () -> Philox.permute(SEED, 0, n, i)).getMessage();
        assertTrue(message.startsWith("entry " + i + " of a permutation of " + n + " entries"), message);
    }

    private static double centred(long seed, Purpose purpose, long step, long index) {
        return (Philox.uniform53(seed, purpose, step, index) - 0.5) * Math.sqrt(12);
    }

    private static double chiSquare(int[] counts, double expected) {
        double sum = 0;
        for (int count : counts) {
            sum += (count - expected) * (count - expected) / expected;
        }
        return sum;
    }

    /** Words two by two, the first of each pair below the second. */
    private static long[] pairs(String words) {
        int[] each = hex(words);
        long[] pairs = new long[each.length / 2];
        Arrays.setAll(pairs, i -> each[2 * i] & 0xFFFFFFFFL | (long) each[2 * i + 1] << 32);
        return pairs;
    }

    private static int[] hex(String words) {
        return Arrays.stream(words.split(" ")).mapToInt(word -> Integer.parseUnsignedInt(word, 16)).toArray();
    }
}
