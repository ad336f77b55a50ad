package dev.unmask.tensor.program;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where each temporary of a recording lies in one block of memory, so that temporaries whose lives do not overlap share
 * it. Greedy by size (Pisarchyk and Lee, arXiv 2001.03288): the largest first, each at the lowest place that is free
 * during its whole life.
 *
 * @param offsets bytes from the start of the block, of each temporary that a kernel uses
 * @param bytes the length of the block
 * @param sum what the temporaries would take side by side, bytes
 */
public record MemoryPlan(Map<Tensor, Long> offsets, long bytes, long sum) {
    private static final class Life {
        final Tensor tensor;
        final int first;
        int last;
        long offset;

        Life(Tensor tensor, int first) {
            this.tensor = tensor;
            this.first = first;
            this.last = first;
        }

        boolean overlaps(Life other) {
            return first <= other.last && other.first <= last;
        }
    }

    /**
     * Plans a recording.
     *
     * @param recording kernels and temporaries
     * @param alignment every offset is a multiple of this number of bytes
     * @return the plan
     * @throws IllegalStateException if a temporary is read before anything was written to it
     */
    public static MemoryPlan of(Recording recording, long alignment) {
        return of(recording, alignment, Long.MAX_VALUE);
    }

    /**
     * Plans a recording for a block that is made of pages.
     *
     * @param recording kernels and temporaries
     * @param alignment every offset is a multiple of this number of bytes
     * @param page bytes of a page, a multiple of the alignment unless there is one page; no temporary lies in two
     * @return the plan
     * @throws IllegalArgumentException if a temporary is longer than a page
     * @throws IllegalStateException if a temporary is read before anything was written to it
     */
    public static MemoryPlan of(Recording recording, long alignment, long page) {
        List<Life> lives = lives(recording);
        lives.sort(Comparator.comparingLong((Life life) -> life.tensor.bytes()).reversed());
        List<Life> placed = new ArrayList<>();
        Map<Tensor, Long> offsets = new IdentityHashMap<>();
        long bytes = 0;
        long sum = 0;
        for (Life life : lives) {
            if (life.tensor.bytes() > page) {
                throw new IllegalArgumentException(
                        life.tensor + ": found " + life.tensor.bytes() + " bytes, expected at most a page of " + page);
            }
            life.offset = lowestGap(life, placed, alignment, page);
            int at = 0;
            while (at < placed.size() && placed.get(at).offset <= life.offset) {
                at++;
            }
            placed.add(at, life);
            offsets.put(life.tensor, life.offset);
            bytes = Math.max(bytes, life.offset + life.tensor.bytes());
            sum += life.tensor.bytes();
        }
        return new MemoryPlan(offsets, bytes, sum);
    }

    private static long lowestGap(Life life, List<Life> placedByOffset, long alignment, long page) {
        long offset = 0;
        for (Life other : placedByOffset) {
            if (other.overlaps(life)) {
                if (offset + life.tensor.bytes() <= other.offset) {
                    return offset;
                }
                long end = other.offset + other.tensor.bytes();
                offset = Math.max(offset, inOnePage((end + alignment - 1) / alignment * alignment, life.tensor, page));
            }
        }
        return offset;
    }

    /** The offset, or the start of the next page if the tensor would lie in two. */
    private static long inOnePage(long offset, Tensor tensor, long page) {
        return offset % page + tensor.bytes() <= page ? offset : (offset / page + 1) * page;
    }

    private static List<Life> lives(Recording recording) {
        Map<Tensor, Life> lives = new IdentityHashMap<>();
        Map<Tensor, Boolean> temporary = new IdentityHashMap<>();
        recording.temporaries().forEach(tensor -> temporary.put(tensor, true));
        List<Life> ordered = new ArrayList<>();
        List<Kernel> kernels = recording.kernels();
        for (int i = 0; i < kernels.size(); i++) {
            Kernel kernel = kernels.get(i);
            for (Tensor input : kernel.inputs()) {
                if (temporary.containsKey(input)) {
                    Life life = lives.get(input);
                    if (life == null) {
                        throw new IllegalStateException(
                                "temporary "
                                        + input
                                        + " is read by kernel "
                                        + i
                                        + " ("
                                        + kernel
                                        + ") before any kernel wrote it");
                    }
                    life.last = i;
                }
            }
            for (Tensor output : kernel.outputs()) {
                if (temporary.containsKey(output)) {
                    Life life = lives.get(output);
                    if (life == null) {
                        life = new Life(output, i);
                        lives.put(output, life);
                        ordered.add(life);
                    }
                    life.last = i;
                }
            }
        }
        return ordered;
    }
}
