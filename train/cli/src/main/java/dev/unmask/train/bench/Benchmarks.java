package dev.unmask.train.bench;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.sample.Computed;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Sample;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.grad.Tape;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.program.KernelTimes;
import dev.unmask.tensor.program.Program;
import dev.unmask.train.LearningRate;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.data.TokenBlocks;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/** The benchmarks of {@code unmask bench}; each returns its times and how many operations a run makes. */
public final class Benchmarks {
    private static final long SEED = 1;

    /** Of the schedule of a training run, more than any benchmark takes. */
    private static final int STEPS = 1_000_000;

    private Benchmarks() {}

    /**
     * What was measured.
     *
     * @param timings the times of a run
     * @param flops multiplications and additions of matrix products in a run
     * @param temporaryBytes memory that the recorded programs hold for temporaries; 0 if they are not at hand
     * @param evaluations NFE of a sampling run, of all its sequences together; 0 of others
     * @param kernels the kernels of all runs together, where they were counted
     */
    public record Measured(
            Timings timings, double flops, long temporaryBytes, long evaluations, List<KernelTimes.Entry> kernels) {}

    /**
     * What is measured, ready to be run as often as needed.
     *
     * @param run does it once
     * @param flops multiplications and additions of matrix products in a run, once it has run
     * @param temporaryBytes memory that the recorded programs hold for temporaries, once it has run; 0 if they are not
     *     at hand
     * @param evaluations NFE of a sampling run, once it has run; 0 of others
     */
    public record Work(Runnable run, DoubleSupplier flops, LongSupplier temporaryBytes, LongSupplier evaluations) {
        Work(Runnable run, double flops, LongSupplier temporaryBytes) {
            this(run, () -> flops, temporaryBytes, () -> 0);
        }
    }

    private static Measured measure(Backend backend, BenchSizes sizes, Work work) {
        KernelTimes times = new KernelTimes();
        Timings timings =
                Timings.of(
                        sizes.warmup(),
                        sizes.runs(),
                        work.run(),
                        () -> {
                            if (sizes.profile() && !backend.countInto(times)) {
                                throw new InputException(
                                        "--profile: found the backend "
                                                + backend.name()
                                                + ", which runs many kernels as one piece; expected one that can tell"
                                                + " them apart, such as vector");
                            }
                        });
        long evaluations = work.evaluations().getAsLong();
        return new Measured(
                timings, work.flops().getAsDouble(), work.temporaryBytes().getAsLong(), evaluations, times.entries());
    }

    /**
     * Times whole training steps: forward, backward, clipping, AdamW.
     *
     * @param backend computes
     * @param sizes the sizes
     * @return the times of a step
     */
    public static Measured train(Backend backend, BenchSizes sizes) {
        return measure(backend, sizes, trainingStep(backend, sizes));
    }

    /**
     * A whole training step: forward, backward, clipping, AdamW. Each run is the step that follows.
     *
     * @param backend computes
     * @param sizes the sizes
     * @return the step; its operations count the head at half of the rows, as many as are masked on average
     */
    public static Work trainingStep(Backend backend, BenchSizes sizes) {
        Transformer model = model(backend, sizes);
        Trainer trainer = new Trainer(backend, model, randomBlocks(sizes.model()), settings(sizes));
        double flops = 3 * (sizes.trunkFlops() + sizes.headFlops(sizes.tokens() / 2.0));
        return new Work(trainer::next, flops, trainer::activationBytes);
    }

    /** How {@link #train} trains. */
    static TrainerSettings settings(BenchSizes sizes) {
        return TrainerSettings.of(STEPS, sizes.batch(), sizes.length(), 2e-4)
                .withSeed(SEED)
                .withPrecision(sizes.precision())
                .withLearningRate(new LearningRate(2e-4, 2e-5, 0));
    }

    /** A model of random weights, except where nothing is computed. */
    private static Transformer model(Backend backend, BenchSizes sizes) {
        return backend instanceof DryRun
                ? Initialization.zeros(backend, sizes.model())
                : Initialization.of(backend, sizes.model(), SEED);
    }

    /**
     * Forward passes with logits at every position.
     *
     * @param backend computes
     * @param sizes the sizes
     * @return the times
     */
    public static Measured forward(Backend backend, BenchSizes sizes) {
        Transformer model = model(backend, sizes);
        TokenBatch input = TokenBatch.allocate(backend, sizes.model(), sizes.batch(), sizes.length());
        int[] ids = new int[(int) sizes.tokens()];
        randomBlocks(sizes.model()).block(0, ids.length, ids, 0);
        input.ids().set(ids);
        Program program =
                backend.record(recorder -> {
                    Ops ops = Ops.inference(recorder, sizes.precision());
                    model.logits(ops, model.hidden(ops, input));
                });
        double flops = sizes.trunkFlops() + sizes.headFlops(sizes.tokens());
        return measure(backend, sizes, new Work(program::run, flops, program::temporaryBytes));
    }

    /**
     * Times confidence sampling of whole texts.
     *
     * @param backend computes
     * @param sizes the sizes
     * @return the times of all steps together
     */
    public static Measured sample(Backend backend, BenchSizes sizes) {
        return measure(backend, sizes, samplingRun(backend, sizes));
    }

    /**
     * Confidence sampling of whole texts, all steps together. Each run makes the same texts.
     *
     * @param backend computes
     * @param sizes the sizes
     * @return the run; its operations are those of the positions that it computes, with a cache not all, and of the
     *     head where it is asked
     */
    public static Work samplingRun(Backend backend, BenchSizes sizes) {
        Transformer model = model(backend, sizes);
        MaskedSampler sampler = new MaskedSampler(backend, model, sizes.precision());
        List<MaskedSequence> sequences = new ArrayList<>();
        for (int b = 0; b < sizes.batch(); b++) {
            int[] prompt = new int[sizes.prompt()];
            randomBlocks(sizes.model()).block(b, prompt.length, prompt, 0);
            sequences.add(MaskedSequence.continuing(prompt, sizes.length(), sizes.model().maskToken(), b));
        }
        // What follows the last attention is computed only where the head is.
        double position = sizes.trunkFlops() / sizes.tokens() - sizes.lastFlops();
        long[] evaluations = {0};
        Computed[] run = {Computed.NOTHING};
        return new Work(
                () -> {
                    Computed before = sampler.denoiser().computed();
                    evaluations[0] =
                            sampler.sample(sequences, sizes.sampling()).stream().mapToLong(Sample::evaluations).sum();
                    run[0] = sampler.denoiser().computed().since(before);
                },
                () -> position * run[0].positions() + (sizes.lastFlops() + sizes.headFlops(1)) * run[0].entries(),
                () -> 0,
                () -> evaluations[0]);
    }

    /**
     * One matrix product {@code [M, K] · [N, K]ᵀ}, the shape of a linear map.
     *
     * @param backend computes
     * @param m rows
     * @param n columns
     * @param k the extent summed over
     * @param sizes runs and precision
     * @return the times
     */
    public static Measured gemm(Backend backend, int m, int n, int k, BenchSizes sizes) {
        Tensor a = random(backend, "a", m, k);
        Tensor b = random(backend, "b", n, k);
        Tensor c = backend.allocate("c", DType.F32, Shape.of(m, n));
        Program program =
                backend.record(recorder ->
                        recorder.add(
                                new Gemm(a, false, b, true, Optional.empty(), c, RowLimit.ALL, sizes.precision())));
        return measure(backend, sizes, new Work(program::run, 2.0 * m * n * k, () -> 0));
    }

    /**
     * Attention of one layer, forward and backward.
     *
     * @param backend computes
     * @param sizes the sizes; only heads, width, batch and length count
     * @return the times of both together; the operations are those of the seven matrix products
     */
    public static Measured attention(Backend backend, BenchSizes sizes) {
        Heads heads = sizes.model().heads();
        Tensor fused = random(backend, "fused", (int) sizes.tokens(), heads.fusedWidth());
        Tensor gradient = backend.allocate("gradient of fused", DType.F32, fused.shape());
        Optional<Tensor> seen = TokenBatch.allocate(backend, sizes.model(), sizes.batch(), sizes.length()).seen();
        Program program =
                backend.record(recorder -> {
                    Tape tape = new Tape(recorder);
                    // What is no parameter, nor made of one, has no way back.
                    tape.parameter(fused, gradient, false);
                    Ops ops = Ops.training(recorder, tape, sizes.precision());
                    Tensor out =
                            ops.attention(
                                    heads.queriesOf(fused),
                                    heads.keysOf(fused),
                                    heads.valuesOf(fused),
                                    sizes.batch(),
                                    seen);
                    recorder.add(new Fill(tape.into(out).gradient(), 1));
                    tape.backward();
                    tape.gradient(fused).orElseThrow();
                });
        double pairs = (double) sizes.tokens() * sizes.length() * (sizes.model().causal() ? 0.5 : 1);
        double flops = 7 * 2 * pairs * heads.width();
        return measure(backend, sizes, new Work(program::run, flops, program::temporaryBytes));
    }

    private static Tensor random(Backend backend, String name, int rows, int columns) {
        Tensor tensor = backend.allocate(name, DType.F32, Shape.of(rows, columns));
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = Philox.uniform24(SEED, Purpose.SYNTHESIS, name.hashCode(), i) - 0.5f;
        }
        tensor.set(values);
        return tensor;
    }

    private static TokenBlocks randomBlocks(ModelConfig model) {
        return new TokenBlocks() {
            @Override
            public long blocks(int length) {
                return 1L << 20;
            }

            @Override
            public void block(long index, int length, int[] into, int offset) {
                for (int i = 0; i < length; i++) {
                    into[offset + i] = (int) Philox.bounded(SEED, Purpose.SYNTHESIS, index, i, model.vocabulary());
                }
            }
        };
    }
}
