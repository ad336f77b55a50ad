package dev.unmask.sample;

/**
 * What passes have computed: with a cache less than all positions of all sequences.
 *
 * @param positions that went through the model, those of a guided second half too
 * @param entries positions at which the head was computed, those of a guided second half too
 */
public record Computed(long positions, long entries) {
    /** Nothing yet. */
    public static final Computed NOTHING = new Computed(0, 0);

    /**
     * What came after an earlier count.
     *
     * @param earlier the earlier count
     * @return the difference
     */
    public Computed since(Computed earlier) {
        return new Computed(positions - earlier.positions, entries - earlier.entries);
    }

    Computed plus(long morePositions, long moreEntries, boolean guided) {
        int halves = guided ? 2 : 1;
        return new Computed(positions + halves * morePositions, entries + halves * moreEntries);
    }
}
