package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.model.Initialization;
import dev.unmask.model.KeyValueCache;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.ShapeException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.LossBatch;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Calls that a program should not make end with an exception, and leave everything as it was, on every backend. */
class WrongCallsTest {
    private static final int HUGE = Integer.MAX_VALUE;
    private static final int VOCABULARY = 20;

    @TestFactory
    Stream<DynamicNode> wrongSizesOfHostMemory() {
        return each(backend -> {
            Tensor x = backend.allocate("x", DType.F32, Shape.of(2, 3));
            x.set(1f, 2f, 3f, 4f, 5f, 6f);
            MemorySegment closed;
            try (Arena arena = Arena.ofConfined()) {
                closed = arena.allocate(24, 4);
            }
            Map<String, Executable> calls = new LinkedHashMap<>();
            calls.put("an element too many", () -> x.set(new float[7]));
            calls.put("an element too few", () -> x.set(new float[5]));
            calls.put("none", () -> x.set(new float[0]));
            calls.put("another type", () -> x.set(1, 2, 3, 4, 5, 6));
            calls.put("integers of floats", x::ints);
            calls.put("half an element", () -> x.download(0, MemorySegment.ofArray(new byte[6])));
            calls.put("before the first", () -> x.download(-1, MemorySegment.ofArray(new float[1])));
            calls.put("beyond the last", () -> x.download(6, MemorySegment.ofArray(new float[1])));
            calls.put("far beyond", () -> x.download(Long.MAX_VALUE, MemorySegment.ofArray(new float[1])));
            calls.put("across the end", () -> x.download(5, MemorySegment.ofArray(new float[2])));
            calls.put("memory that is closed", () -> x.upload(closed));
            calls.put("into memory that is closed", () -> x.download(closed));
            calls.put("into memory that is only read", () -> x.download(Arena.ofAuto().allocate(24, 4).asReadOnly()));
            calls.put("no memory", () -> x.upload(null));
            calls.put("into no memory", () -> x.download(null));
            calls.put("a wrapped piece too short", () -> wrap(backend, Arena.ofAuto().allocate(23, 4)));
            calls.put("a wrapped piece too long", () -> wrap(backend, MemorySegment.ofArray(new float[7])));
            calls.put("a wrapped piece that is closed", () -> wrap(backend, closed));
            requireRefused(calls);
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, x.floats());
        });
    }

    private static Tensor wrap(Backend backend, MemorySegment data) {
        return backend.wrap("wrapped", DType.F32, Shape.of(2, 3), data);
    }

    @TestFactory
    Stream<DynamicNode> sizesThatNoMemoryHas() {
        return each(backend -> {
            Tensor before = backend.allocate("before", DType.F32, Shape.of(2));
            before.set(1f, 2f);
            assertThrows(ShapeException.class, () -> Shape.of(-1));
            assertThrows(ShapeException.class, () -> Shape.of(HUGE, HUGE, HUGE));
            assertThrows(ShapeException.class, () -> Shape.of(HUGE, HUGE));
            for (Shape shape : List.of(Shape.of(HUGE, 1 << 28), Shape.of(1 << 14, 1 << 14, 1 << 30))) {
                for (DType dtype : DType.values()) {
                    assertThrows(
                            OutOfDeviceMemoryException.class, () -> backend.allocate("huge", dtype, shape), dtype + "");
                }
            }
            assertArrayEquals(new float[] {1, 2}, before.floats());
        });
    }

    @TestFactory
    Stream<DynamicNode> batchesOfWrongSizes() {
        return each(backend -> {
            ModelConfig config = ModelConfig.masked(1, 1, 4, 4, VOCABULARY);
            Map<String, Executable> calls = new LinkedHashMap<>();
            for (int[] sizes : new int[][] {{0, 4}, {4, 0}, {-1, 4}, {4, -1}, {1 << 16, 1 << 16}, {HUGE, HUGE}}) {
                String name = " of " + sizes[0] + " x " + sizes[1];
                calls.put("tokens" + name, () -> TokenBatch.allocate(backend, config, sizes[0], sizes[1]));
                calls.put("tokens that see" + name, () -> TokenBatch.allocateSeeing(backend, sizes[0], sizes[1]));
                calls.put("losses" + name, () -> new LossBatch(sizes[0], sizes[1]));
            }
            calls.put("a cache", () -> KeyValueCache.allocate(backend, config, 1 << 16, 1 << 16, 1));
            requireRefused(calls);
        });
    }

    @TestFactory
    Stream<DynamicNode> tokensThatTheModelDoesNotHave() {
        return each(backend -> {
            Transformer model = Initialization.of(backend, ModelConfig.masked(1, 1, 4, 4, VOCABULARY), 1);
            MaskedSampler sampler = new MaskedSampler(backend, model);
            Likelihood likelihood = new Likelihood(backend, model);
            for (int wrong : new int[] {-1, VOCABULARY + 1, HUGE, Integer.MIN_VALUE}) {
                int[] ids = {1, wrong, VOCABULARY};
                assertThrows(
                        InputException.class,
                        () ->
                                sampler.sample(
                                        List.of(MaskedSequence.infilling(ids, VOCABULARY, 0)),
                                        SamplerSettings.defaults()));
                requireRefused(likelihood, new int[] {1, wrong}, new int[] {2});
                requireRefused(likelihood, new int[] {1}, new int[] {2, wrong});
            }
            // The mask token is no token of text.
            requireRefused(likelihood, new int[] {1}, new int[] {2, VOCABULARY});
        });
    }

    private static void requireRefused(Likelihood likelihood, int[] prefix, int[] target) {
        assertThrows(InputException.class, () -> likelihood.estimate(prefix, target, LikelihoodSettings.defaults()));
    }

    private static void requireRefused(Map<String, Executable> calls) {
        calls.forEach((name, call) -> assertThrows(RuntimeException.class, call, name));
    }

    private interface Body {
        void run(Backend backend);
    }

    private static Stream<DynamicNode> each(Body body) {
        return BackendsUnderTest.each(backend -> Stream.of(dynamicTest("are refused", () -> body.run(backend))));
    }
}
