package dev.unmask.sample;

import java.util.function.Function;

/** Proposals of several passes as if they were of one. */
final class JoinedProposals implements Proposals {
    private final Proposals[] parts;
    private final int[] entries;

    JoinedProposals(int size) {
        parts = new Proposals[size];
        entries = new int[size];
    }

    /** Says where an entry is found. */
    void put(int entry, Proposals part, int entryOfPart) {
        parts[entry] = part;
        entries[entry] = entryOfPart;
    }

    @Override
    public int[] tokens() {
        int[] joined = new int[entries.length];
        for (int i = 0; i < joined.length; i++) {
            joined[i] = parts[i].tokens()[entries[i]];
        }
        return joined;
    }

    private float[] joined(Function<Proposals, float[]> kind) {
        float[] joined = new float[entries.length];
        for (int i = 0; i < joined.length; i++) {
            joined[i] = kind.apply(parts[i])[entries[i]];
        }
        return joined;
    }

    @Override
    public float[] logConfidence() {
        return joined(Proposals::logConfidence);
    }

    @Override
    public float[] margin() {
        return joined(Proposals::margin);
    }

    @Override
    public float[] entropy() {
        return joined(Proposals::entropy);
    }
}
