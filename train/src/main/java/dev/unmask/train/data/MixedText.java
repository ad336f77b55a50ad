package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Several texts, of each of which as many sequences are trained on as its weight says; each goes through its own
 * epochs.
 *
 * @param parts of one vocabulary
 * @param weights one each; empty: all blocks of all parts are trained on equally often
 */
record MixedText(List<TokenText> parts, List<Double> weights) implements TokenText {
    MixedText {
        parts = List.copyOf(parts);
        weights = List.copyOf(weights);
    }

    /** One text as it is, several mixed. */
    static TokenText of(List<? extends TokenText> parts, List<Double> weights) {
        if (parts.size() == 1) {
            return parts.getFirst();
        }
        return new MixedText(List.copyOf(parts), weights);
    }

    @Override
    public long tokens() {
        return parts.stream().mapToLong(TokenText::tokens).sum();
    }

    @Override
    public long documents() {
        return parts.stream().mapToLong(TokenText::documents).sum();
    }

    @Override
    public int vocabulary() {
        return parts.getFirst().vocabulary();
    }

    @Override
    public void count(long[] counts) {
        parts.forEach(part -> part.count(counts));
    }

    @Override
    public long blocks(int length) {
        return parts.stream().mapToLong(part -> part.blocks(length)).sum();
    }

    /** A part and the number of a block in it. */
    private record Found(TokenText part, long index) {}

    private Found find(long index, int length) {
        BlockRange.checkIndex(index, blocks(length), length);
        long left = index;
        for (TokenText part : parts) {
            long blocks = part.blocks(length);
            if (left < blocks) {
                return new Found(part, left);
            }
            left -= blocks;
        }
        throw new IllegalStateException("block " + index + " is in no part");
    }

    @Override
    public void block(long index, int length, int[] into, int offset) {
        Found found = find(index, length);
        found.part().block(found.index(), length, into, offset);
    }

    @Override
    public Extent extent(long index, int length) {
        Found found = find(index, length);
        return found.part().extent(found.index(), length);
    }

    @Override
    public Order order(long seed, int length) {
        if (weights.isEmpty()) {
            return TokenText.super.order(seed, length);
        }
        long[] first = new long[parts.size()];
        Order[] orders = new Order[parts.size()];
        long sum = 0;
        for (int i = 0; i < orders.length; i++) {
            first[i] = sum;
            long blocks = parts.get(i).blocks(length);
            if (blocks == 0) {
                throw new InputException(
                        "weights: found source "
                                + (i + 1)
                                + " with fewer tokens than one sequence of "
                                + length
                                + ", expected at least one; leave it out, or use a shorter --length");
            }
            sum += blocks;
            // Each in an order of its own.
            orders[i] = parts.get(i).order(seed + i, length);
        }
        Apportioned turns = new Apportioned(weights, seed);
        return position -> {
            Apportioned.Turn turn = turns.at(position);
            return first[turn.source()] + orders[turn.source()].block(turn.turn());
        };
    }

    /** The same blocks in an order that goes through all parts side by side, for who reads the first ones only. */
    TokenText sideBySide() {
        return new SideBySide(this);
    }

    /** Blocks by turns of the parts; those of which there are fewer come to their end, the others go on. */
    private record SideBySide(MixedText mixed) implements TokenText {
        @Override
        public long tokens() {
            return mixed.tokens();
        }

        @Override
        public long documents() {
            return mixed.documents();
        }

        @Override
        public int vocabulary() {
            return mixed.vocabulary();
        }

        @Override
        public void count(long[] counts) {
            mixed.count(counts);
        }

        @Override
        public long blocks(int length) {
            return mixed.blocks(length);
        }

        /** The parts that have more than so many blocks share each round. */
        private Found find(long index, int length) {
            long[] sizes = mixed.parts().stream().mapToLong(part -> part.blocks(length)).toArray();
            long round = 0;
            long left = index;
            while (true) {
                long begun = round;
                List<Integer> going = IntStream.range(0, sizes.length).filter(i -> sizes[i] > begun).boxed().toList();
                if (going.isEmpty()) {
                    throw new IndexOutOfBoundsException("block " + index + " of " + length + " tokens");
                }
                long least = going.stream().mapToLong(i -> sizes[i]).min().orElseThrow() - round;
                if (left < least * going.size()) {
                    int part = going.get((int) (left % going.size()));
                    return new Found(mixed.parts().get(part), round + left / going.size());
                }
                left -= least * going.size();
                round += least;
            }
        }

        @Override
        public void block(long index, int length, int[] into, int offset) {
            Found found = find(index, length);
            found.part().block(found.index(), length, into, offset);
        }

        @Override
        public Extent extent(long index, int length) {
            Found found = find(index, length);
            return found.part().extent(found.index(), length);
        }
    }
}
