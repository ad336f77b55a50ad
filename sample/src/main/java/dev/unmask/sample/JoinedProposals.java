package dev.unmask.sample;

/** Proposals of several passes as if they were of one. */
record JoinedProposals(int[] tokens, float[] logConfidence, float[] margin, float[] entropy) implements Proposals {
    JoinedProposals(int size) {
        this(new int[size], new float[size], new float[size], new float[size]);
    }

    /** Takes an entry over from a pass. */
    void put(int entry, Proposals part, int entryOfPart) {
        tokens[entry] = part.tokens()[entryOfPart];
        logConfidence[entry] = part.logConfidence()[entryOfPart];
        margin[entry] = part.margin()[entryOfPart];
        entropy[entry] = part.entropy()[entryOfPart];
    }
}
