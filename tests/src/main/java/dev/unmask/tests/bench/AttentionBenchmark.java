package dev.unmask.tests.bench;

import dev.unmask.model.Seen;
import dev.unmask.model.TokenBatch;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.program.Program;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Attention and its gradient, in GFLOP/s of the products that the formula needs: 2 forward, 5 backward. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(3)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class AttentionBenchmark {
    /** Tokens of each of the sequences; there are 2048 tokens in all. */
    @Param({"256", "1024", "2048"})
    public int length;

    /** Heads of 64 elements. */
    @Param("8")
    public int heads;

    /** Key and value heads. */
    @Param("8")
    public int groups;

    /** Whether a token sees only what is before it. */
    @Param({"false", "true"})
    public boolean causal;

    /** What the factors of the products are rounded to. */
    @Param("F32")
    public Precision precision;

    private static final int TOKENS = 2048;
    private static final int HEAD_SIZE = 64;

    private Program forward;
    private Program backward;
    private double gigaflopsOfOneProduct;

    /** For JMH. */
    public AttentionBenchmark() {}

    /** Counts multiplications and additions. */
    @State(Scope.Thread)
    @AuxCounters
    public static class Work {
        /** Reported as a rate: GFLOP/s. */
        public double gflop;

        /** For JMH. */
        public Work() {}
    }

    /**
     * Makes the operands and the programs; the gradient's operands are of a real forward pass.
     *
     * @param state the backend
     */
    @Setup(Level.Trial)
    public void record(BackendState state) {
        Heads layout = new Heads(heads, groups, HEAD_SIZE);
        int batch = TOKENS / length;
        Tensor fused = state.random("fused", TOKENS, layout.fusedWidth());
        Tensor out = state.zeros("out", TOKENS, layout.width());
        Tensor logSumExp = state.zeros("log-sum-exp", batch, heads, length);
        Tensor outGradient = state.random("gradient of out", TOKENS, layout.width());
        Tensor delta = state.zeros("delta", batch, heads, length);
        Tensor gradient = state.zeros("gradient of fused", TOKENS, layout.fusedWidth());
        Optional<Tensor> seen =
                causal ? TokenBatch.allocateSeeing(state.opened(), batch, length).seen() : Optional.empty();
        seen.ifPresent(Seen.causal(batch, length)::upload);
        Attention attention =
                new Attention(
                        layout.queriesOf(fused),
                        layout.keysOf(fused),
                        layout.valuesOf(fused),
                        batch,
                        seen,
                        out,
                        logSumExp,
                        precision);
        AttentionBackward attentionBackward =
                new AttentionBackward(
                        layout.queriesOf(fused),
                        layout.keysOf(fused),
                        layout.valuesOf(fused),
                        batch,
                        seen,
                        out,
                        logSumExp,
                        outGradient,
                        delta,
                        layout.queriesOf(gradient),
                        layout.keysOf(gradient),
                        layout.valuesOf(gradient),
                        precision);
        forward = state.opened().record(recorder -> recorder.add(attention));
        backward = state.opened().record(recorder -> recorder.add(attentionBackward));
        forward.run();
        double pairs = causal ? length * (length + 1) / 2.0 : (double) length * length;
        gigaflopsOfOneProduct = 2e-9 * batch * heads * pairs * HEAD_SIZE;
    }

    /**
     * One forward pass: scores and weighted values.
     *
     * @param work counts it
     */
    @Benchmark
    public void forward(Work work) {
        forward.run();
        work.gflop += 2 * gigaflopsOfOneProduct;
    }

    /**
     * One backward pass: scores again, and the gradients of weights, queries, keys and values.
     *
     * @param work counts it
     */
    @Benchmark
    public void backward(Work work) {
        backward.run();
        work.gflop += 5 * gigaflopsOfOneProduct;
    }
}
