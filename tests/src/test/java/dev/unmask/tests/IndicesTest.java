package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Dropout;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.tensor.kernel.ScatterHeads;
import dev.unmask.tensor.kernel.ScatterRows;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Integers that index something are compared with what they index before any kernel runs, on every backend. */
class IndicesTest {
    private static final int ROWS = 4;
    private static final int WIDTH = 8;
    private static final Heads HEADS = new Heads(1, 1, WIDTH);

    /**
     * A kernel with an index operand.
     *
     * @param name what the tests call it
     * @param end the first number that is too large
     * @param shape of the operand, {@link #ROWS} integers
     * @param kernel makes it around the operand
     */
    private record Case(String name, int end, Shape shape, Function<Tensor, Kernel> kernel) {
        Case(String name, int end, Function<Tensor, Kernel> kernel) {
            this(name, end, Shape.of(ROWS), kernel);
        }

        Tensor integers(Backend backend, int... values) {
            Tensor tensor = backend.allocate("places", DType.I32, shape);
            tensor.set(values);
            return tensor;
        }
    }

    private static Tensor floats(Backend backend, int... extents) {
        return backend.allocate("floats", DType.F32, Shape.of(extents));
    }

    private static Tensor integers(Backend backend, int... values) {
        Tensor tensor = backend.allocate("places", DType.I32, Shape.of(values.length));
        tensor.set(values);
        return tensor;
    }

    private static Stream<Case> cases(Backend b) {
        return Stream.concat(ofRows(b), ofHeads(b));
    }

    private static Stream<Case> ofRows(Backend b) {
        return Stream.of(
                new Case("Embed", 5, ids -> new Embed(ids, floats(b, 5, WIDTH), floats(b, ROWS, WIDTH))),
                new Case(
                        "EmbedBackward", 5, ids -> new EmbedBackward(ids, floats(b, ROWS, WIDTH), floats(b, 5, WIDTH))),
                new Case(
                        "GatherRows",
                        7,
                        rows -> new GatherRows(floats(b, 7, WIDTH), rows, RowLimit.ALL, floats(b, ROWS, WIDTH))),
                new Case(
                        "ScatterRows",
                        7,
                        rows ->
                                new ScatterRows(
                                        floats(b, ROWS, WIDTH), rows, RowLimit.ALL, false, floats(b, 7, WIDTH))),
                new Case(
                        "CrossEntropy",
                        9,
                        targets ->
                                new CrossEntropy(
                                        floats(b, ROWS, 9), targets, RowLimit.ALL, floats(b, ROWS), floats(b, ROWS))),
                new Case(
                        "CrossEntropyBackward",
                        9,
                        targets ->
                                new CrossEntropyBackward(
                                        floats(b, ROWS, 9),
                                        targets,
                                        floats(b, ROWS),
                                        floats(b, ROWS),
                                        RowLimit.ALL,
                                        floats(b, ROWS, 9))));
    }

    private static Stream<Case> ofHeads(Backend b) {
        int fused = HEADS.fusedWidth();
        int keys = 4;
        return Stream.of(
                new Case(
                        "Rope",
                        6,
                        positions ->
                                new Rope(HEADS.keysOf(floats(b, ROWS, fused)), positions, floats(b, 6, WIDTH), false)),
                new Case(
                        "ScatterHeads",
                        7,
                        rows ->
                                new ScatterHeads(
                                        HEADS.keysOf(floats(b, ROWS, fused)),
                                        rows,
                                        HeadRows.of(floats(b, 7, WIDTH), 0, 1, WIDTH))),
                new Case(
                        "Attention",
                        keys + 1,
                        Shape.of(1, ROWS),
                        seen ->
                                new Attention(
                                        HEADS.queriesOf(floats(b, 1, fused)),
                                        HEADS.keysOf(floats(b, keys, fused)),
                                        HEADS.valuesOf(floats(b, keys, fused)),
                                        1,
                                        Optional.of(seen),
                                        floats(b, 1, HEADS.width()),
                                        floats(b, 1, 1, 1),
                                        Precision.F32)),
                new Case(
                        "AttentionBackward",
                        keys + 1,
                        Shape.of(1, ROWS),
                        seen ->
                                new AttentionBackward(
                                        HEADS.queriesOf(floats(b, 1, fused)),
                                        HEADS.keysOf(floats(b, keys, fused)),
                                        HEADS.valuesOf(floats(b, keys, fused)),
                                        1,
                                        Optional.of(seen),
                                        floats(b, 1, HEADS.width()),
                                        floats(b, 1, 1, 1),
                                        floats(b, 1, HEADS.width()),
                                        floats(b, 1, 1, 1),
                                        HEADS.queriesOf(floats(b, 1, fused)),
                                        HEADS.keysOf(floats(b, keys, fused)),
                                        HEADS.valuesOf(floats(b, keys, fused)),
                                        Precision.F32)));
    }

    @TestFactory
    Stream<DynamicNode> whatLiesOutsideIsRefusedWhereverAndWheneverItWasUploaded() {
        return BackendsUnderTest.each(backend ->
                cases(backend)
                        .flatMap(each ->
                                IntStream.of(each.end, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, each.end + 1000)
                                        .mapToObj(wrong ->
                                                dynamicTest(
                                                        each.name + " of " + wrong,
                                                        () -> isRefused(backend, each, wrong)))));
    }

    private static void isRefused(Backend backend, Case each, int wrong) {
        // Uploaded before the program is compiled.
        Tensor places = each.integers(backend, each.end - 1, 0, wrong, 2);
        Program program = backend.record(recorder -> recorder.add(each.kernel.apply(places)));
        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, program::run);
        String expected =
                "%s: %s: found %d at 2, expected 0 to %d: these are ".formatted(each.name, places, wrong, each.end - 1);
        assertEquals(
                expected,
                refusal.getMessage().substring(0, Math.min(expected.length(), refusal.getMessage().length())));
        // Once it is mended the program runs.
        places.set(each.end - 1, 0, 1, 2);
        program.run();
        // Uploaded after.
        places.set(wrong, 0, 1, 2);
        assertThrows(IllegalArgumentException.class, program::run);
    }

    @TestFactory
    Stream<DynamicNode> aKernelOfItsOwnIsGuardedToo() {
        return BackendsUnderTest.each(backend ->
                cases(backend)
                        .map(each ->
                                dynamicTest(
                                        each.name,
                                        () -> {
                                            Kernel kernel =
                                                    each.kernel.apply(each.integers(backend, 0, each.end, 1, 2));
                                            assertThrows(IllegalArgumentException.class, () -> backend.run(kernel));
                                        })));
    }

    @TestFactory
    Stream<DynamicNode> wrappedIntegersAreLookedAt() {
        return BackendsUnderTest.each(backend ->
                cases(backend)
                        .map(each ->
                                dynamicTest(
                                        each.name,
                                        () -> {
                                            MemorySegment file = Arena.ofAuto().allocate(16, 4);
                                            file.setAtIndex(ValueLayout.JAVA_INT, 1, each.end);
                                            Tensor ids = backend.wrap("ids", DType.I32, each.shape, file);
                                            Kernel kernel = each.kernel.apply(ids);
                                            assertThrows(IllegalArgumentException.class, () -> backend.run(kernel));
                                        })));
    }

    @TestFactory
    Stream<DynamicNode> entriesThatAreNotLiveMayHoldAnything() {
        return test(backend -> {
            Tensor source = floats(backend, 4, 1);
            source.set(10f, 11f, 12f, 13f);
            Tensor out = floats(backend, 2, 1);
            Tensor count = integers(backend, 4);
            Tensor rows = integers(backend, -1, -1, 3, 1, 99);
            Program program =
                    backend.record(recorder -> recorder.add(new GatherRows(source, rows, RowLimit.of(count, 2), out)));
            program.run();
            assertArrayEquals(new float[] {13, 11}, out.floats());
            rows.set(-1, -1, 0, 4, 99);
            assertThrows(IllegalArgumentException.class, program::run);
            count.set(3);
            program.run();
            assertArrayEquals(new float[] {10, 11}, out.floats());
            count.set(Integer.MIN_VALUE);
            program.run();
        });
    }

    @TestFactory
    Stream<DynamicNode> copiesInsideAProgramAreFollowed() {
        return test(backend -> {
            Tensor ids = integers(backend, 0, 1, 2);
            Tensor table = floats(backend, 3, 1);
            table.set(10f, 11f, 12f);
            Tensor out = floats(backend, 3, 1);
            Program program =
                    backend.record(recorder -> {
                        Tensor copy = recorder.temporary("copy", DType.I32, Shape.of(3));
                        Tensor second = recorder.temporary("second copy", DType.I32, Shape.of(3));
                        recorder.add(new Copy(ids, copy));
                        recorder.add(new Copy(copy, second));
                        recorder.add(new Embed(second, table, out));
                    });
            program.run();
            assertArrayEquals(new float[] {10, 11, 12}, out.floats());
            ids.set(0, 3, 2);
            String message = assertThrows(IllegalArgumentException.class, program::run).getMessage();
            assertTrue(message.startsWith("Embed: places I32[3]: found 3 at 1, expected 0 to 2"), message);
        });
    }

    @TestFactory
    Stream<DynamicNode> whatOneProgramWritesIsLookedAtBeforeAnotherReadsIt() {
        return test(backend -> {
            Tensor ids = integers(backend, 0, 1, 2);
            Tensor next = integers(backend, 0, 0, 0);
            Tensor table = floats(backend, 3, 1);
            Tensor out = floats(backend, 3, 1);
            Program copying = backend.record(recorder -> recorder.add(new Copy(ids, next)));
            Program embedding = backend.record(recorder -> recorder.add(new Embed(next, table, out)));
            copying.run();
            embedding.run();
            ids.set(0, 1, 3);
            copying.run();
            assertThrows(IllegalArgumentException.class, embedding::run);
        });
    }

    @TestFactory
    Stream<DynamicNode> chosenTokensAreKnownToBeInTheVocabulary() {
        return test(backend -> {
            Tensor tokens = integers(backend, 0, 0);
            Tensor logits = floats(backend, 2, 4);
            logits.set(0f, 0f, 1f, 0f, 0f, 1f, 0f, 0f);
            Choose choose =
                    new Choose(
                            logits,
                            RowLimit.ALL,
                            floats(backend, 1),
                            integers(backend, 1, 2, 3, 4),
                            integers(backend, 0, 1),
                            tokens,
                            floats(backend, 2),
                            floats(backend, 2),
                            floats(backend, 2));
            Tensor table = floats(backend, 4, 1);
            table.set(10f, 11f, 12f, 13f);
            Tensor out = floats(backend, 2, 1);
            backend.record(
                            recorder -> {
                                recorder.add(choose);
                                recorder.add(new Embed(tokens, table, out));
                            })
                    .run();
            assertArrayEquals(new float[] {12, 11}, out.floats());
            Tensor small = floats(backend, 3, 1);
            String message =
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () ->
                                            backend.record(recorder -> {
                                                recorder.add(choose);
                                                recorder.add(new Embed(tokens, small, out));
                                            }))
                            .getMessage();
            assertTrue(message.contains("numbers up to 3"), message);
        });
    }

    /** Integers that a kernel takes and that are no places. */
    private static Stream<Tensor> harmless(Kernel kernel) {
        return switch (kernel) {
            case Copy copy -> Stream.of(copy.source());
            case Choose choose -> Stream.of(choose.seed(), choose.keys());
            case Penalize penalize -> Stream.of(penalize.seen());
            // They are counters of random numbers, not places.
            case Dropout dropout -> Stream.concat(Stream.of(dropout.draw()), dropout.rows().stream());
            default -> Stream.of();
        };
    }

    @Test
    void everyIntegerOperandIsGuardedOrKnownToBeHarmless() {
        KernelTest.cases()
                .map(CaseOperands::kernelOf)
                .forEach(kernel -> {
                    List<Tensor> unguarded = new ArrayList<>(kernel.inputs());
                    unguarded.removeIf(input -> input.dtype() != DType.I32 || input.name().equals("count"));
                    kernel.indices().forEach(indices -> unguarded.removeIf(input -> input == indices.tensor()));
                    harmless(kernel).forEach(each -> unguarded.removeIf(input -> input == each));
                    assertEquals(List.of(), unguarded, kernel::toString);
                });
    }

    private interface Body {
        void run(Backend backend);
    }

    private static Stream<DynamicNode> test(Body body) {
        return BackendsUnderTest.each(backend -> Stream.of(dynamicTest("holds", () -> body.run(backend))));
    }
}
