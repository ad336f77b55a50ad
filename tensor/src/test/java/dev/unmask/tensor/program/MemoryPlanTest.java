package dev.unmask.tensor.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.Turns;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Kernel;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

class MemoryPlanTest {
    private static final int RECORDINGS = 100;
    private static final int KERNELS = 40;
    private static final int LARGEST_EXTENT = 9;

    /** A tensor that only has a size. */
    private static final class Sized extends Tensor {
        Sized(String name, int rows, int columns) {
            super(new Turns("planned"), Origin.DECLARED, name, DType.F32, Shape.of(rows, columns));
        }

        @Override
        protected void copyFrom(MemorySegment source) {
            throw new AssertionError("planning does not touch numbers");
        }

        @Override
        protected void copyTo(long first, MemorySegment target) {
            throw new AssertionError("planning does not touch numbers");
        }
    }

    /** Kernels that write new temporaries, read old ones and write some of them again. */
    private static Recording randomRecording(Random random) {
        List<Kernel> kernels = new ArrayList<>();
        List<Tensor> written = new ArrayList<>();
        Tensor lasting = new Sized("lasting", 3, 3);
        for (int i = 0; i < KERNELS; i++) {
            String name = "t" + i;
            Tensor old = written.isEmpty() ? lasting : written.get(random.nextInt(written.size()));
            int rows = old.shape().rows();
            int columns = old.shape().columns();
            switch (written.isEmpty() ? 0 : random.nextInt(6)) {
                case 0 -> {
                    Tensor fresh = new Sized(name, random.nextInt(LARGEST_EXTENT), random.nextInt(LARGEST_EXTENT));
                    kernels.add(new Fill(fresh, 1));
                    written.add(fresh);
                }
                case 1, 2 -> {
                    Tensor product = new Sized(name, rows, rows);
                    kernels.add(
                            new Gemm(old, false, old, true, Optional.empty(), product, RowLimit.ALL, Precision.F32));
                    written.add(product);
                }
                case 3 -> {
                    Tensor copied = new Sized(name, columns, rows);
                    kernels.add(new Copy(old, copied));
                    written.add(copied);
                }
                case 4 -> kernels.add(new Add(old, old, old));
                default -> kernels.add(new Copy(old, new Sized("lasting " + name, rows, columns)));
            }
        }
        return new Recording(kernels, written);
    }

    private static boolean uses(Kernel kernel, Tensor tensor) {
        return Stream.concat(kernel.inputs().stream(), kernel.outputs().stream()).anyMatch(used -> used == tensor);
    }

    /** The temporaries whose numbers must be kept while kernel {@code i} runs. */
    private static List<Tensor> alive(Recording recording, int i) {
        List<Kernel> before = recording.kernels().subList(0, i + 1);
        List<Kernel> after = recording.kernels().subList(i, recording.kernels().size());
        return recording.temporaries().stream()
                .filter(tensor -> before.stream().anyMatch(kernel -> uses(kernel, tensor)))
                .filter(tensor -> after.stream().anyMatch(kernel -> uses(kernel, tensor)))
                .toList();
    }

    private static long aligned(long bytes, long alignment) {
        return Math.ceilDiv(bytes, alignment) * alignment;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4, 64, 256})
    void temporariesThatAreAliveTogetherNeverOverlap(long alignment) {
        for (int seed = 0; seed < RECORDINGS; seed++) {
            Recording recording = randomRecording(new Random(seed));
            MemoryPlan plan = MemoryPlan.of(recording, alignment);
            requireApart(recording, plan, seed);
        }
    }

    private static void requireApart(Recording recording, MemoryPlan plan, int seed) {
        for (int i = 0; i < recording.kernels().size(); i++) {
            List<Tensor> alive = alive(recording, i);
            for (Tensor one : alive) {
                for (Tensor other : alive) {
                    long from = plan.offsets().get(one);
                    long otherFrom = plan.offsets().get(other);
                    boolean apart = from + one.bytes() <= otherFrom || otherFrom + other.bytes() <= from;
                    String where = "recording " + seed + ", kernel " + i + ": ";
                    assertTrue(
                            one == other || apart || one.bytes() == 0 || other.bytes() == 0,
                            () -> where + one + " at " + from + ", " + other + " at " + otherFrom);
                }
            }
        }
    }

    @Test
    void noTemporaryLiesInTwoPages() {
        for (int seed = 0; seed < RECORDINGS; seed++) {
            Recording recording = randomRecording(new Random(seed));
            long largest = recording.temporaries().stream().mapToLong(Tensor::bytes).max().orElse(0);
            long page = Math.max(64, aligned(largest, 64));
            MemoryPlan plan = MemoryPlan.of(recording, 64, page);
            requireApart(recording, plan, seed);
            plan.offsets()
                    .forEach((tensor, offset) ->
                            assertTrue(offset % page + tensor.bytes() <= page, tensor + " at " + offset));
        }
    }

    @Test
    void aTemporaryThatIsLongerThanAPageIsRefused() {
        Tensor one = new Sized("long", 100, 1);
        Recording recording = new Recording(List.of(new Fill(one, 1)), List.of(one));
        String message =
                assertThrows(IllegalArgumentException.class, () -> MemoryPlan.of(recording, 64, 64)).getMessage();
        assertTrue(message.endsWith("found 400 bytes, expected at most a page of 64"), message);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 4, 64, 256})
    void theBlockHoldsEveryTemporaryAlignedAndIsNoLongerThanAllSideBySide(long alignment) {
        for (int seed = 0; seed < RECORDINGS; seed++) {
            Recording recording = randomRecording(new Random(seed));
            MemoryPlan plan = MemoryPlan.of(recording, alignment);
            assertEquals(recording.temporaries().size(), plan.offsets().size());
            long end = 0;
            for (Tensor tensor : recording.temporaries()) {
                long offset = plan.offsets().get(tensor);
                assertTrue(offset >= 0 && offset % alignment == 0, tensor + " at " + offset);
                end = Math.max(end, offset + tensor.bytes());
            }
            assertEquals(end, plan.bytes());
            assertEquals(recording.temporaries().stream().mapToLong(Tensor::bytes).sum(), plan.sum());
            assertTrue(
                    plan.bytes()
                            <= recording.temporaries().stream().mapToLong(t -> aligned(t.bytes(), alignment)).sum());
        }
    }

    @Test
    void theBlockIsAtLeastAsLongAsWhatIsAliveAtOneTime() {
        boolean shared = false;
        for (int seed = 0; seed < RECORDINGS; seed++) {
            Recording recording = randomRecording(new Random(seed));
            MemoryPlan plan = MemoryPlan.of(recording, 1);
            for (int i = 0; i < recording.kernels().size(); i++) {
                assertTrue(plan.bytes() >= alive(recording, i).stream().mapToLong(Tensor::bytes).sum());
            }
            shared |= plan.bytes() < plan.sum();
        }
        assertTrue(shared, "no recording shared memory");
    }

    @Test
    void aChainNeedsTwoPlacesHoweverLongItIs() {
        List<Kernel> kernels = new ArrayList<>();
        List<Tensor> links = new ArrayList<>();
        links.add(new Sized("link 0", 4, 4));
        kernels.add(new Fill(links.getFirst(), 1));
        for (int i = 1; i < 10; i++) {
            links.add(new Sized("link " + i, 4, 4));
            kernels.add(new Copy(links.get(i - 1), links.get(i)));
        }
        MemoryPlan plan = MemoryPlan.of(new Recording(kernels, links), 64);
        assertEquals(2 * 64, plan.bytes());
        assertEquals(10 * 64, plan.sum());
    }

    @Test
    void onlyTemporariesThatAKernelUsesGetAPlace() {
        Tensor used = new Sized("used", 2, 2);
        Tensor unused = new Sized("unused", 2, 2);
        Tensor lasting = new Sized("lasting", 2, 2);
        List<Kernel> kernels = List.of(new Fill(used, 1), new Copy(used, lasting));
        MemoryPlan plan = MemoryPlan.of(new Recording(kernels, List.of(used, unused)), 64);
        assertTrue(plan.offsets().containsKey(used));
        assertFalse(plan.offsets().containsKey(unused));
        assertFalse(plan.offsets().containsKey(lasting));
        assertEquals(16, plan.bytes());
    }

    @Test
    void nothingNeedsNothing() {
        MemoryPlan plan = MemoryPlan.of(new Recording(List.of(), List.of()), 64);
        assertEquals(0, plan.bytes());
        assertEquals(0, plan.sum());
    }

    @Test
    void aTemporaryThatIsReadBeforeItIsWrittenIsRefusedByName() {
        Tensor empty = new Sized("empty", 2, 2);
        Tensor target = new Sized("target", 2, 2);
        Recording recording = new Recording(List.of(new Fill(target, 1), new Copy(empty, target)), List.of(empty));
        String message = assertThrows(IllegalStateException.class, () -> MemoryPlan.of(recording, 64)).getMessage();
        assertTrue(message.startsWith("temporary empty F32[2, 2] is read by kernel 1 (Copy["), message);
    }
}
