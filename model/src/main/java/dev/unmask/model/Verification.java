package dev.unmask.model;

/**
 * How thoroughly the files of a model are compared with what was saved. A checkpoint of Unmask tells length and SHA-256
 * of each file; a published model tells nothing, so that only its numbers can be looked at.
 */
public enum Verification {
    /** Not at all: for files that were compared just now, or that somebody else answers for. */
    NONE,

    /**
     * The length of every file that a model is made of, and the hashes of those of up to 128 MiB. Hashing them takes
     * 0.15 s at the most (1.3 GB a second on an AMD EPYC of 2024, one thread); larger ones are only mapped, and so are
     * not read before the first pass over the model does.
     */
    USUAL,

    /** Every byte of every file, and every weight for being a finite number. */
    WHOLE
}
