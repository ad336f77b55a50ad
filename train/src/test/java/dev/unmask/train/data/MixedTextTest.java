package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

class MixedTextTest {
    private static final int LENGTH = 4;

    /** Blocks whose tokens are the number of the text and of the block. */
    private record Numbers(int text, long size) implements TokenText {
        @Override
        public long tokens() {
            return size * LENGTH;
        }

        @Override
        public long documents() {
            return size;
        }

        @Override
        public int vocabulary() {
            return 100_000;
        }

        @Override
        public void count(long[] counts) {}

        @Override
        public long blocks(int length) {
            return size;
        }

        @Override
        public void block(long index, int length, int[] into, int offset) {
            into[offset] = text;
            into[offset + 1] = (int) index;
        }

        @Override
        public Extent extent(long index, int length) {
            return new Extent(text, length);
        }
    }

    private static final List<TokenText> TEXTS = List.of(new Numbers(0, 50), new Numbers(1, 7));

    private static int[] at(TokenText text, long block) {
        int[] ids = new int[LENGTH];
        text.block(block, LENGTH, ids, 0);
        assertEquals(ids[0], text.extent(block, LENGTH).given());
        return ids;
    }

    @Test
    void eachTextComesAsOftenAsItsWeightSaysAndGoesThroughItsOwnEpochs() {
        TokenText mixed = MixedText.of(TEXTS, List.of(1.0, 3.0));
        TokenBlocks.Order order = mixed.order(5, LENGTH);
        int[] counts = new int[2];
        Set<Integer> epoch = new HashSet<>();
        for (long position = 0; position < Apportioned.PERIOD; position++) {
            int[] ids = at(mixed, order.block(position));
            counts[ids[0]]++;
            if (ids[0] == 1) {
                epoch.add(ids[1]);
                if (counts[1] % 7 == 0) {
                    assertEquals(7, epoch.size(), "every block once an epoch");
                    epoch.clear();
                }
            }
        }
        assertEquals(Apportioned.PERIOD / 4, counts[0]);
        assertEquals(Apportioned.PERIOD * 3 / 4, counts[1]);
    }

    @Test
    void theOrderIsAFunctionOfSeedAndPosition() {
        TokenText mixed = MixedText.of(TEXTS, List.of(0.3, 0.7));
        TokenBlocks.Order order = mixed.order(5, LENGTH);
        long far = 1_000_000_007L;
        long expected = order.block(far);
        order.block(3);
        assertEquals(expected, order.block(far));
        assertEquals(expected, mixed.order(5, LENGTH).block(far));
    }

    @Test
    void withoutWeightsEveryBlockComesOnceAnEpoch() {
        TokenText mixed = MixedText.of(TEXTS, List.of());
        TokenBlocks.Order order = mixed.order(5, LENGTH);
        Set<Long> blocks = new HashSet<>();
        for (long position = 57; position < 114; position++) {
            blocks.add(order.block(position));
        }
        assertEquals(57, blocks.size());
    }

    @Test
    void whoReadsTheFirstBlocksOfAllSeesEveryText() {
        TokenText side = PreparedData.sideBySide(MixedText.of(TEXTS, List.of(1.0, 1.0)));
        assertEquals(57, side.blocks(LENGTH));
        Set<List<Integer>> seen = new HashSet<>();
        for (long i = 0; i < 57; i++) {
            int[] ids = at(side, i);
            if (i < 14) {
                assertEquals(i % 2, ids[0]);
            }
            seen.add(List.of(ids[0], ids[1]));
        }
        assertEquals(57, seen.size());
    }

    @Test
    void smallWeightsCountToo() {
        Apportioned turns = new Apportioned(List.of(1e-9, 1.0), 3);
        int rare = 0;
        for (long position = 0; position < Apportioned.PERIOD; position++) {
            rare += turns.at(position).source() == 0 ? 1 : 0;
        }
        assertEquals(1, rare);
    }

    @Test
    void aTextWithoutASequenceCannotBeMixedIn() {
        TokenText mixed = MixedText.of(List.of(new Numbers(0, 50), new Numbers(1, 0)), List.of(1.0, 1.0));
        assertThrows(InputException.class, () -> mixed.order(5, LENGTH));
    }
}
