package dev.unmask.tornado;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.unmask.tornado.FusedAttention.Role;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** What the CUDA kernels of attention compute, in plain Java, from the struct that they get. */
final class StandInAttention implements AttentionLibrary {
    private static final int NUMBERS = 8 * 24;

    private final List<FusedAttention> attended = new ArrayList<>();
    private boolean prepared;

    /** The steps so far. */
    List<FusedAttention> attended() {
        return attended;
    }

    @Override
    public String name() {
        return "a stand-in";
    }

    @Override
    public void prepare(NativeQueue queue) {
        prepared = true;
    }

    @Override
    public void attend(NativeQueue queue, FusedAttention step) {
        if (!prepared) {
            throw new IllegalStateException("attention is not prepared");
        }
        attended.add(step);
        try (Arena arena = Arena.ofConfined()) {
            new Work(CudaAttention.work(arena, queue, step), step.sizes().batch()).attend(step.part());
        }
    }

    /** As the source of the kernels declares it. */
    private record Work(MemorySegment struct, int batch) {
        private int place(Role role, int number) {
            return struct.get(JAVA_INT, role.ordinal() * 24L + 8 + 4 * number);
        }

        private int length(Role role) {
            return place(role, 0);
        }

        private int number(int which) {
            return struct.get(JAVA_INT, NUMBERS + 24 + 4 * which);
        }

        private int heads() {
            return number(0);
        }

        private int perGroup() {
            return number(1);
        }

        private int size() {
            return number(2);
        }

        private float scale() {
            return struct.get(JAVA_FLOAT, NUMBERS + 24 + 12);
        }

        @SuppressWarnings("restricted")
        private static MemorySegment from(long pointer) {
            return MemorySegment.ofAddress(pointer).reinterpret(Long.MAX_VALUE);
        }

        /** A position of a head. */
        private MemorySegment row(Role role, int sequence, int head, int position) {
            long elements =
                    ((long) sequence * length(role) + position) * place(role, 1)
                            + (long) (head / perGroup()) * place(role, 2)
                            + (long) (head % perGroup()) * place(role, 3);
            return from(struct.get(JAVA_LONG, role.ordinal() * 24L) + 4 * elements);
        }

        private MemorySegment statistic(int which, int sequence, int head, int query) {
            long index = ((long) sequence * heads() + head) * length(Role.QUERIES) + query;
            return from(struct.get(JAVA_LONG, NUMBERS + 8 * which) + 4 * index);
        }

        private boolean sees(int sequence, int query, int key) {
            long pointer = struct.get(JAVA_LONG, NUMBERS + 16);
            if (pointer == 0) {
                return true;
            }
            MemorySegment ranges = from(pointer);
            long row = 4L * (sequence * length(Role.QUERIES) + query);
            for (int range = 0; range < 2; range++) {
                long first = ranges.getAtIndex(JAVA_INT, row + 2 * range);
                long count = ranges.getAtIndex(JAVA_INT, row + 2 * range + 1);
                if (key >= first && key < first + count) {
                    return true;
                }
            }
            return false;
        }

        private double dot(MemorySegment a, MemorySegment b) {
            double sum = 0;
            for (int i = 0; i < size(); i++) {
                sum += (double) a.getAtIndex(JAVA_FLOAT, i) * b.getAtIndex(JAVA_FLOAT, i);
            }
            return sum;
        }

        private static void add(MemorySegment to, MemorySegment row, double factor, int size) {
            for (int i = 0; i < size; i++) {
                to.setAtIndex(
                        JAVA_FLOAT, i, (float) (to.getAtIndex(JAVA_FLOAT, i) + factor * row.getAtIndex(JAVA_FLOAT, i)));
            }
        }

        private void clear(Role role, int heads, int headsApart) {
            for (int sequence = 0; sequence < batch; sequence++) {
                for (int head = 0; head < heads; head++) {
                    for (int position = 0; position < length(role); position++) {
                        MemorySegment row = row(role, sequence, head * headsApart, position);
                        for (int i = 0; i < size(); i++) {
                            row.setAtIndex(JAVA_FLOAT, i, 0f);
                        }
                    }
                }
            }
        }

        void attend(FusedAttention.Part part) {
            switch (part) {
                case FORWARD -> clear(Role.OUT, heads(), 1);
                case QUERY_GRADIENT -> clear(Role.QUERY_GRADIENT, heads(), 1);
                case KEY_VALUE_GRADIENT -> {
                    clear(Role.KEY_GRADIENT, heads() / perGroup(), perGroup());
                    clear(Role.VALUE_GRADIENT, heads() / perGroup(), perGroup());
                }
            }
            for (int sequence = 0; sequence < batch; sequence++) {
                for (int head = 0; head < heads(); head++) {
                    for (int query = 0; query < length(Role.QUERIES); query++) {
                        if (part == FusedAttention.Part.FORWARD) {
                            forward(sequence, head, query);
                        } else {
                            backward(part, sequence, head, query);
                        }
                    }
                }
            }
        }

        private double score(int sequence, int head, int query, int key) {
            return scale() * dot(row(Role.QUERIES, sequence, head, query), row(Role.KEYS, sequence, head, key));
        }

        private void forward(int sequence, int head, int query) {
            double sum = 0;
            for (int key = 0; key < length(Role.KEYS); key++) {
                sum += sees(sequence, query, key) ? Math.exp(score(sequence, head, query, key)) : 0;
            }
            statistic(0, sequence, head, query).set(JAVA_FLOAT, 0, (float) Math.log(sum));
            for (int key = 0; key < length(Role.KEYS); key++) {
                if (sees(sequence, query, key)) {
                    add(
                            row(Role.OUT, sequence, head, query),
                            row(Role.VALUES, sequence, head, key),
                            Math.exp(score(sequence, head, query, key)) / sum,
                            size());
                }
            }
        }

        private void backward(FusedAttention.Part part, int sequence, int head, int query) {
            MemorySegment gradient = row(Role.OUT_GRADIENT, sequence, head, query);
            MemorySegment delta = statistic(1, sequence, head, query);
            if (part == FusedAttention.Part.QUERY_GRADIENT) {
                delta.set(JAVA_FLOAT, 0, (float) dot(gradient, row(Role.OUT, sequence, head, query)));
            }
            float logSumExp = statistic(0, sequence, head, query).get(JAVA_FLOAT, 0);
            for (int key = 0; key < length(Role.KEYS); key++) {
                if (sees(sequence, query, key)) {
                    double weight = Math.exp(score(sequence, head, query, key) - logSumExp);
                    double ofScore =
                            weight
                                    * (dot(gradient, row(Role.VALUES, sequence, head, key)) - delta.get(JAVA_FLOAT, 0))
                                    * scale();
                    if (part == FusedAttention.Part.QUERY_GRADIENT) {
                        add(
                                row(Role.QUERY_GRADIENT, sequence, head, query),
                                row(Role.KEYS, sequence, head, key),
                                ofScore,
                                size());
                    } else {
                        add(
                                row(Role.KEY_GRADIENT, sequence, head, key),
                                row(Role.QUERIES, sequence, head, query),
                                ofScore,
                                size());
                        add(row(Role.VALUE_GRADIENT, sequence, head, key), gradient, weight, size());
                    }
                }
            }
        }
    }
}
