package dev.unmask.tensor;

import java.lang.foreign.MemorySegment;

/**
 * Files that are mapped into memory. Another process may shorten one while it is read, and reading what is gone is a
 * fault of the processor, which in vector code would end the JVM: so look first.
 */
public final class MappedFiles {
    /** So much is copied by a call that turns the fault into an error at once, and not at some later time. */
    private static final int LEAST = 64;

    private MappedFiles() {}

    /**
     * Refuses a piece of a mapped file whose end is gone. What is no mapped file, or shorter than 64 bytes, is not
     * looked at.
     *
     * @param what names the piece or its file, for messages
     * @param piece memory
     * @throws InputException if the file has become shorter since it was mapped, or its disk fails
     */
    public static void requireThere(Object what, MemorySegment piece) {
        if (piece.isMapped() && piece.byteSize() >= LEAST) {
            try {
                MemorySegment.ofArray(new byte[LEAST]).copyFrom(piece.asSlice(piece.byteSize() - LEAST, LEAST));
            } catch (InternalError fault) {
                throw new InputException(
                        what
                                + ": its end can no longer be read; the file has become shorter since it was opened, or"
                                + " its disk fails: put the file back and open it again",
                        fault);
            }
        }
    }
}
