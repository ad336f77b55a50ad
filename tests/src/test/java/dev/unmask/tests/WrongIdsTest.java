package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.Validation;
import dev.unmask.train.data.TokenBlocks;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Training and validation on text that is not the model's, and on weights that must only be read. */
class WrongIdsTest {
    private static final int VOCABULARY = 50;
    private static final int LENGTH = 8;

    @TempDir Path folder;

    private static ModelConfig config(boolean causal) {
        return ModelConfig.masked(2, 2, 8, 16, VOCABULARY).withCausal(causal);
    }

    /** Blocks of token 1, with one id at the end of each block. */
    private record With(int id) implements TokenBlocks {
        @Override
        public long blocks(int length) {
            return 4;
        }

        @Override
        public void block(long index, int length, int[] into, int offset) {
            Arrays.fill(into, offset, offset + length, 1);
            into[offset + length - 1] = id;
        }
    }

    private static IntStream wrongIds() {
        return IntStream.of(
                VOCABULARY,
                VOCABULARY + 1,
                VOCABULARY + 7,
                100,
                1_000,
                65_535,
                65_536,
                1 << 24,
                Integer.MAX_VALUE - 1,
                Integer.MAX_VALUE,
                -1,
                -VOCABULARY,
                Integer.MIN_VALUE);
    }

    private static Trainer trainer(Backend backend, Transformer model, TokenBlocks data) {
        TrainerSettings settings = TrainerSettings.of(4, 2, LENGTH, 1e-3);
        return new Trainer(backend, model, data, settings);
    }

    @TestFactory
    Stream<DynamicNode> trainingNamesBlockIdAndBound() {
        return each((backend, causal, id) -> {
            Transformer model = Initialization.of(backend, config(causal), 1);
            float[] before = model.head().floats();
            Trainer trainer = trainer(backend, model, new With(id));
            String message = assertThrows(InputException.class, trainer::next).getMessage();
            assertTrue(message.startsWith("training data: block "), message);
            assertTrue(
                    message.contains(" has the id " + id + (!causal && id == VOCABULARY ? ", the mask" : " ")),
                    message);
            assertTrue(message.contains("expected 0 to " + (VOCABULARY - 1)), message);
            assertEquals(0, trainer.step());
            assertEquals(Arrays.toString(before), Arrays.toString(model.head().floats()));
        });
    }

    @TestFactory
    Stream<DynamicNode> validationNamesBlockIdAndBound() {
        return each((backend, causal, id) -> {
            Transformer model = Initialization.of(backend, config(causal), 1);
            Validation validation =
                    new Validation(
                            backend, model, new With(id), new Validation.Settings(2, LENGTH, 1, 2, Precision.F32));
            String message = assertThrows(InputException.class, validation::measure).getMessage();
            assertTrue(message.startsWith("validation data: block 0 of "), message);
            assertTrue(message.contains("has the id " + id), message);
        });
    }

    @TestFactory
    Stream<DynamicNode> aModelThatWasLoadedToBeReadIsNotTrained() {
        return BackendsUnderTest.each(backend ->
                Stream.of(false, true)
                        .map(causal ->
                                dynamicTest(
                                        causal ? "causal" : "masked",
                                        () -> {
                                            Transformer loaded = loadedForInference(backend, causal);
                                            String message =
                                                    assertThrows(
                                                                    IllegalArgumentException.class,
                                                                    () -> trainer(backend, loaded, new With(2)))
                                                            .getMessage();
                                            assertTrue(
                                                    message.contains("was loaded for inference and cannot be updated"),
                                                    message);
                                        })));
    }

    private Transformer loadedForInference(Backend backend, boolean causal) throws IOException {
        Path model = folder.resolve(backend.name() + causal);
        ModelFolder.save(Initialization.of(backend, config(causal), 1), model);
        return ModelFolder.open(model).load(backend, Weights.Use.INFERENCE);
    }

    private interface Body {
        void run(Backend backend, boolean causal, int id);
    }

    private static Stream<DynamicNode> each(Body body) {
        return BackendsUnderTest.each(backend ->
                Stream.of(false, true)
                        .flatMap(causal ->
                                wrongIds()
                                        .mapToObj(id ->
                                                dynamicTest(
                                                        (causal ? "causal, " : "masked, ") + id,
                                                        () -> body.run(backend, causal, id)))));
    }
}
