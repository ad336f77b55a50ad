package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recording;
import dev.unmask.tensor.reference.ReferenceBackendProvider;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/** A model that a backend has no code for is refused before its weights take any memory. */
class SupportTest {
    private static final ModelConfig CONFIG = ModelConfig.masked(1, 2, 16, 32, 257);
    private static final String REFUSAL =
            "backend narrow cannot run this model: Attention is not among its kernels; use another one, such as"
                    + " --backend vector";

    private final Narrow backend = new Narrow();

    @AfterEach
    void close() {
        backend.close();
    }

    /** A backend without attention, which counts the memory that it is asked for. */
    private static final class Narrow implements Backend {
        private final Backend inner = new ReferenceBackendProvider().open(BackendOptions.defaults());
        private boolean complete;
        private int allocated;

        @Override
        public Optional<String> unsupported(Kernel kernel) {
            return kernel instanceof Attention && !complete
                    ? Optional.of("is not among its kernels")
                    : Optional.empty();
        }

        @Override
        public String name() {
            return "narrow";
        }

        @Override
        public String description() {
            return "the reference without attention";
        }

        @Override
        public Tensor allocate(String name, DType dtype, Shape shape) {
            allocated++;
            return inner.allocate(name, dtype, shape);
        }

        @Override
        public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
            allocated++;
            return inner.wrap(name, dtype, shape, data);
        }

        @Override
        public Tensor declare(String name, DType dtype, Shape shape) {
            return inner.declare(name, dtype, shape);
        }

        @Override
        public Program compile(Recording recording) {
            return inner.compile(recording);
        }

        @Override
        public void close() {
            inner.close();
        }
    }

    private String refusal(Executable use) {
        String message = assertThrows(InputException.class, use).getMessage();
        assertEquals(0, backend.allocated);
        return message;
    }

    @Test
    void aNewModel() {
        assertEquals(REFUSAL, refusal(() -> Initialization.of(backend, CONFIG, 1)));
    }

    @Test
    void aModelOfAFolder(@TempDir Path folder) throws IOException {
        backend.complete = true;
        ModelFolder.save(Initialization.of(backend, CONFIG, 1), folder);
        backend.complete = false;
        backend.allocated = 0;
        ModelFolder model = ModelFolder.open(folder);
        assertEquals(REFUSAL, refusal(() -> model.load(backend, Weights.Use.INFERENCE)));
        assertEquals(REFUSAL, refusal(() -> model.load(backend, Weights.Use.TRAINING)));
    }

    @Test
    void whateverIsRecorded() {
        Transformer model = Initialization.zeros(backend, CONFIG);
        TokenBatch token = TokenBatch.allocate(backend, CONFIG, 1, 1);
        InputException refused =
                assertThrows(
                        InputException.class,
                        () -> backend.record(recorder -> model.hidden(Ops.inference(recorder, Precision.F32), token)));
        assertEquals(REFUSAL, refused.getMessage());
    }
}
