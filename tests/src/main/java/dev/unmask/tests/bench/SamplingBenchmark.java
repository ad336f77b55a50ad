package dev.unmask.tests.bench;

import dev.unmask.train.bench.Benchmarks;

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

import java.util.concurrent.TimeUnit;

/** Sampling in the order of confidence, on which each pass of the model unmasks an equal share. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
public class SamplingBenchmark {
    /** Passes of the model in a run. */
    @Param("8")
    public int passes;

    /** Positions of the prompt. */
    @Param("16")
    public int prompt;

    private Benchmarks.Work work;
    private long tokensOfOneRun;

    /** For JMH. */
    public SamplingBenchmark() {}

    /** Counts tokens and operations. */
    @State(Scope.Thread)
    @AuxCounters
    public static class Done {
        /** Reported as a rate: tokens/s. */
        public long tokens;

        /** Reported as a rate: GFLOP/s of matrix products. */
        public double gflop;

        /** For JMH. */
        public Done() {}
    }

    /**
     * Makes a model of random weights.
     *
     * @param state the backend
     * @param sizes the sizes
     */
    @Setup(Level.Trial)
    public void record(BackendState state, SizesState sizes) {
        work = Benchmarks.samplingRun(state.opened(), sizes.sizes(passes, prompt));
        tokensOfOneRun = (long) sizes.batch * sizes.length;
    }

    /**
     * All passes of a run.
     *
     * @param done counts it
     */
    @Benchmark
    public void run(Done done) {
        work.run().run();
        done.tokens += tokensOfOneRun;
        done.gflop += work.flops().getAsDouble() * 1e-9;
    }
}
