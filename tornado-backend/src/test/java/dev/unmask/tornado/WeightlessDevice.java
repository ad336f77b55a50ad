package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.List;

/** A device of 64 GiB whose arrays are only counted: what is put there is gone, and what comes from there is zero. */
final class WeightlessDevice extends PlainDevice {
    private int plans;

    WeightlessDevice() {
        super("0:0", 64L << 30);
    }

    @Override
    int plans() {
        return plans;
    }

    @Override
    public DevicePlan plan(Lengths lengths) {
        plans++;
        return new WeightlessPlan(lengths, new FloatArray(Transfers.LARGE), new IntArray(Transfers.LARGE));
    }

    private final class WeightlessPlan implements DevicePlan {
        private final GraphVerdicts verdicts = new GraphVerdicts();
        private final Lengths lengths;
        private final FloatArray floats;
        private final IntArray words;

        WeightlessPlan(Lengths lengths, FloatArray floats, IntArray words) {
            this.lengths = lengths;
            this.floats = floats;
            this.words = words;
        }

        @Override
        public Lengths lengths() {
            return lengths;
        }

        @Override
        public FloatArray floats(int n) {
            return floats;
        }

        @Override
        public IntArray words(int n) {
            return words;
        }

        @Override
        public void put(long address, int n) {
            // Nowhere to put it.
        }

        @Override
        public void putWords(int address, int n) {
            // Nowhere to put it.
        }

        @Override
        public void get(long address, int n) {
            floats.init(0);
        }

        @Override
        public void getWords(int address, int n) {
            words.init(0);
        }

        @Override
        public void run(List<? extends Piece> pieces, int table) {
            throw new IllegalStateException("a device without memory runs nothing");
        }

        @Override
        public GraphVerdicts verdicts() {
            return verdicts;
        }

        @Override
        public DevicePlan resized(Lengths longer) {
            return plan(longer);
        }

        @Override
        public void close() {
            // Its arrays are garbage.
        }
    }
}
