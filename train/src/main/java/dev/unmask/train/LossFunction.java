package dev.unmask.train;

import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.LinearCrossEntropy;
import dev.unmask.tensor.grad.LinearCrossEntropy.Entries;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.grad.Tape;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Consumer;

/**
 * The loss of a model on micro-batches of one shape, and its gradients. Each way of running it is recorded at its first
 * use and replayed after that.
 */
public final class LossFunction {
    /** How a pass leaves the gradients. */
    private enum Pass {
        EVALUATE,
        OVERWRITE,
        ACCUMULATE
    }

    /** Words of a seed, a step and a number of a row. */
    private static final int DRAW = 6;

    private final Backend backend;
    private final Transformer model;
    private final Map<String, Tensor> gradients;
    private final Options options;
    private final TokenBatch input;
    private final Entries entries;
    private final float[] losses;
    private final Optional<Tensor> draw;
    private final Map<Pass, Program> programs = new EnumMap<>(Pass.class);

    private final Map<Pass, List<Complete>> complete = new EnumMap<>(Pass.class);

    /** After how many kernels the gradient of a parameter is complete. */
    private record Complete(int after, String name) implements Comparable<Complete> {
        @Override
        public int compareTo(Complete other) {
            return after != other.after ? Integer.compare(after, other.after) : name.compareTo(other.name);
        }
    }

    /**
     * How the loss is computed.
     *
     * @param batch sequences of a micro-batch {@code B}
     * @param length positions of each {@code T}
     * @param seeing whether a micro-batch says who sees whom; else it is as the kind of the model has it
     * @param precision what the operands of matrix products are rounded to
     * @param checkpointing whether blocks are computed twice instead of keeping their activations
     */
    public record Options(int batch, int length, boolean seeing, Precision precision, boolean checkpointing) {}

    /**
     * The loss of a model.
     *
     * @param backend owns the model
     * @param model the model
     * @param gradients a tensor for each of {@link Transformer#trained}, by name; those without one are frozen. Empty:
     *     the loss is only evaluated
     * @param options how it is computed
     */
    public LossFunction(Backend backend, Transformer model, Map<String, Tensor> gradients, Options options) {
        this.backend = backend;
        this.model = model;
        this.gradients = Map.copyOf(gradients);
        this.options = options;
        int rows = options.batch() * options.length();
        this.input =
                options.seeing()
                        ? TokenBatch.allocateSeeing(backend, options.batch(), options.length())
                        : TokenBatch.allocate(backend, model.config(), options.batch(), options.length());
        this.entries =
                new Entries(
                        backend.allocate("rows that count", DType.I32, Shape.of(rows)),
                        backend.allocate("targets", DType.I32, Shape.of(rows)),
                        backend.allocate("loss weights", DType.F32, Shape.of(rows)),
                        backend.allocate("count", DType.I32, Shape.of(1)),
                        backend.allocate("losses", DType.F32, Shape.of(rows)));
        this.losses = new float[rows];
        boolean drops = !gradients.isEmpty() && dropout(model) > 0;
        this.draw = drops ? Optional.of(backend.allocate("draw", DType.I32, Shape.of(DRAW))) : Optional.empty();
    }

    /** Part of what goes into adapters that is dropped in training. */
    private static double dropout(Transformer model) {
        return model.adapters().map(set -> set.config().dropout()).orElse(0.0);
    }

    /**
     * The loss alone; nothing is dropped.
     *
     * @param batch of the shape of the options
     * @return {@code Σ weight · cross-entropy}, nats, summed in float64
     */
    public double evaluate(LossBatch batch) {
        return run(Pass.EVALUATE, batch, _ -> {});
    }

    /**
     * The loss and its gradients.
     *
     * @param batch of the shape of the options
     * @param accumulate whether the gradients are added to what is there
     * @return {@code Σ weight · cross-entropy}, nats, summed in float64
     */
    public double backward(LossBatch batch, boolean accumulate) {
        return backward(batch, accumulate, _ -> {});
    }

    /**
     * The loss and its gradients.
     *
     * @param batch of the shape of the options
     * @param accumulate whether the gradients are added to what is there
     * @param ready told the name of each parameter when its gradient is complete, while others are still computed if
     *     the backend can tell
     * @return {@code Σ weight · cross-entropy}, nats, summed in float64
     */
    public double backward(LossBatch batch, boolean accumulate, Consumer<String> ready) {
        return run(accumulate ? Pass.ACCUMULATE : Pass.OVERWRITE, batch, ready);
    }

    /**
     * Memory that activations take: programs of one backend run one at a time and share it.
     *
     * @return bytes
     */
    public long temporaryBytes() {
        return programs.values().stream().mapToLong(Program::temporaryBytes).max().orElse(0);
    }

    private double run(Pass pass, LossBatch batch, Consumer<String> ready) {
        input.ids().set(batch.ids);
        input.positions().set(batch.positions);
        if (options.seeing()) {
            input.see(batch.seen);
        }
        draw.ifPresent(numbers -> numbers.set(batch.draw));
        entries.rows().set(batch.rows);
        entries.targets().set(batch.targets);
        entries.weights().set(batch.weights);
        entries.count().set(batch.count);
        Program program = programs.computeIfAbsent(pass, this::record);
        PriorityQueue<Complete> due = new PriorityQueue<>(complete.get(pass));
        program.run(kernels -> {
            while (!due.isEmpty() && due.peek().after() <= kernels) {
                ready.accept(due.poll().name());
            }
        });
        entries.losses().download(MemorySegment.ofArray(losses));
        double sum = 0;
        for (int i = 0; i < batch.count; i++) {
            sum += (double) batch.weights[i] * losses[i];
        }
        return sum;
    }

    private Program record(Pass pass) {
        return backend.record(recorder -> {
            record(pass, recorder);
            complete.put(pass, pass == Pass.EVALUATE ? List.of() : complete(recorder.recording().kernels()));
        });
    }

    private List<Complete> complete(List<Kernel> kernels) {
        Map<Tensor, Integer> last = new IdentityHashMap<>();
        for (int i = 0; i < kernels.size(); i++) {
            for (Tensor output : kernels.get(i).outputs()) {
                last.put(output, i + 1);
            }
        }
        List<Complete> complete = new ArrayList<>();
        gradients.forEach((name, gradient) -> {
            if (last.containsKey(gradient)) {
                complete.add(new Complete(last.get(gradient), name));
            }
        });
        return complete;
    }

    private void record(Pass pass, Recorder recorder) {
        if (pass == Pass.EVALUATE) {
            record(Ops.inference(recorder, options.precision()));
            return;
        }
        Tape tape = new Tape(recorder);
        model.trained()
                .forEach((name, value) -> {
                    if (gradients.containsKey(name)) {
                        tape.parameter(value, gradients.get(name), pass == Pass.ACCUMULATE);
                    }
                });
        Ops ops = Ops.training(recorder, tape, options.precision());
        record(draw.map(numbers -> ops.dropping((float) dropout(model), numbers)).orElse(ops));
        tape.backward();
    }

    private void record(Ops ops) {
        Transformer.Trunk trunk = model.trunk(ops, input, options.checkpointing());
        LinearCrossEntropy.record(
                ops,
                (at, rows, live, size) -> model.hiddenAt(at, trunk, rows, live, size),
                model.head(),
                model.headBias(),
                entries);
    }
}
