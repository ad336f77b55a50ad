package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.program.MemoryUse.Limit;
import dev.unmask.tensor.program.Recording;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Asks a backend for the kernels of a model before anything of the model is loaded. */
final class Support {
    private Support() {}

    /** Takes no memory, records as any backend does, and has the kernels that another one has. */
    private static final class Question extends DryRun {
        private final Backend asked;

        Question(Backend asked) {
            super(asked.name(), asked.description());
            this.asked = asked;
        }

        @Override
        public Optional<String> unsupported(Kernel kernel) {
            return asked.unsupported(kernel);
        }

        @Override
        public Backend open() {
            return asked;
        }

        @Override
        public long bytesOf(Tensor tensor) {
            return 0;
        }

        @Override
        protected long bytesOfWrapped(Tensor tensor, MemorySegment data) {
            return 0;
        }

        @Override
        protected long compiled(Recording recording) {
            return 0;
        }

        @Override
        protected long temporaries() {
            return 0;
        }

        @Override
        protected long workspace() {
            return 0;
        }

        @Override
        protected List<Limit> limits() {
            return List.of();
        }
    }

    /**
     * Refuses a model that a backend has no code for.
     *
     * @throws InputException if it has none; the message says why and what to do
     */
    static void require(Backend backend, ModelConfig config) {
        Question question = new Question(backend);
        Transformer model = Initialization.zeros(question, config);
        TokenBatch token = TokenBatch.allocate(question, config, 1, 1);
        question.record(recorder -> {
            Ops ops = Ops.inference(recorder, Precision.F32);
            model.logits(ops, model.hidden(ops, token));
        });
    }

    /**
     * Refuses weights in int8 that a backend has no code for.
     *
     * @throws InputException if it has none; the message says why and what to do
     */
    static void requireInt8(Backend backend) {
        Question question = new Question(backend);
        Tensor weight = question.allocate("weight", DType.I8, Shape.of(1, 1));
        Tensor one = question.allocate("x", DType.F32, Shape.of(1, 1));
        question.record(recorder -> Ops.inference(recorder, Precision.F32).int8Linear(one, weight, one));
    }
}
