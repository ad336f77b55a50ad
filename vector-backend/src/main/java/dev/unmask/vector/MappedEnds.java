package dev.unmask.vector;

import dev.unmask.tensor.MappedFiles;

import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Of each mapped file that a program reads, the operand that lies nearest to its end: if that is there, so are all.
 *
 * @param operands one of each file
 */
record MappedEnds(List<VectorTensor> operands) {
    /** Looks for mapped files among the operands of a program; what is mapped together has one scope. */
    static MappedEnds of(Collection<VectorTensor> operands) {
        Map<MemorySegment.Scope, VectorTensor> last = new HashMap<>();
        for (VectorTensor operand : operands) {
            MemorySegment storage = operand.storage().orElseThrow();
            if (storage.isMapped()) {
                last.merge(storage.scope(), operand, (a, b) -> end(a) > end(b) ? a : b);
            }
        }
        return new MappedEnds(List.copyOf(last.values()));
    }

    private static long end(VectorTensor tensor) {
        MemorySegment storage = tensor.storage().orElseThrow();
        return storage.address() + storage.byteSize();
    }

    /**
     * Looks whether they are there.
     *
     * @throws InputException if a file has become shorter
     */
    void require() {
        for (VectorTensor operand : operands) {
            MappedFiles.requireThere(operand, operand.storage().orElseThrow());
        }
    }
}
