package dev.unmask.tornado;

import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The factors of products that are bfloat16 at some time of a program. A few have room at once; the one that was asked
 * for least lately gives way.
 */
final class PackedFactors {
    /** Enough for a gradient, what it is multiplied by, and one more of each. */
    static final int SLOTS = 4;

    private final List<Slot> slots = new ArrayList<>();

    /**
     * Room for a factor.
     *
     * @param word where it begins
     * @param tensor what is there; empty: nothing
     * @param limit of which rows
     */
    private record Slot(int word, Optional<Tensor> tensor, RowLimit limit) {
        boolean holds(Tensor other, RowLimit rows) {
            return tensor.filter(held -> held == other).isPresent() && limit.equals(rows);
        }
    }

    /**
     * Room for factors of at most so many words each.
     *
     * @param word where it begins
     * @param words of a factor
     */
    PackedFactors(int word, int words) {
        for (int i = 0; i < SLOTS; i++) {
            slots.add(new Slot(word + i * words, Optional.empty(), RowLimit.ALL));
        }
    }

    /** Where a factor is, if it is there. */
    Optional<Integer> find(Tensor tensor, RowLimit limit) {
        for (Slot slot : slots) {
            if (slot.holds(tensor, limit)) {
                slots.remove(slot);
                slots.addLast(slot);
                return Optional.of(slot.word);
            }
        }
        return Optional.empty();
    }

    /** Where a factor is to be put. */
    int room(Tensor tensor, RowLimit limit) {
        Slot slot = slots.removeFirst();
        slots.addLast(new Slot(slot.word, Optional.of(tensor), limit));
        return slot.word;
    }

    /** Some tensors, or the number of rows that take part, are no longer what they were. */
    void written(Collection<Tensor> tensors) {
        slots.replaceAll(slot ->
                slot.tensor.stream().anyMatch(tensors::contains)
                                || slot.limit.operands().stream().anyMatch(tensors::contains)
                        ? new Slot(slot.word, Optional.empty(), RowLimit.ALL)
                        : slot);
    }
}
