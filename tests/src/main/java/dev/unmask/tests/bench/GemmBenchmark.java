package dev.unmask.tests.bench;

import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gemm;
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

/** Matrix products as a model of width 512 makes them, {@code y = x·wᵀ} and its two gradients, in GFLOP/s. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(3)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class GemmBenchmark {
    /** Rows, columns and inner extent of the product, and which factors are transposed: N or T of each. */
    @Param({"1024x1024x1024:NN", "2048x1536x512:NT", "2048x2048x512:NT", "2048x512x2048:NT", "512x2048x2048:TN"})
    public String product;

    /** What the operands are rounded to. */
    @Param("F32")
    public Precision precision;

    private Program program;
    private double gigaflops;

    /** For JMH. */
    public GemmBenchmark() {}

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
     * Makes the operands and the program.
     *
     * @param state the backend
     */
    @Setup(Level.Trial)
    public void record(BackendState state) {
        String[] parts = product.split("[x:]");
        int m = Integer.parseInt(parts[0]);
        int n = Integer.parseInt(parts[1]);
        int k = Integer.parseInt(parts[2]);
        boolean transposeA = parts[3].charAt(0) == 'T';
        boolean transposeB = parts[3].charAt(1) == 'T';
        Tensor a = transposeA ? state.random("a", k, m) : state.random("a", m, k);
        Tensor b = transposeB ? state.random("b", n, k) : state.random("b", k, n);
        Tensor c = state.zeros("c", m, n);
        Gemm gemm = new Gemm(a, transposeA, b, transposeB, Optional.empty(), c, RowLimit.ALL, precision);
        program = state.opened().record(recorder -> recorder.add(gemm));
        gigaflops = 2e-9 * m * n * k;
    }

    /**
     * One product.
     *
     * @param work counts it
     */
    @Benchmark
    public void gemm(Work work) {
        program.run();
        work.gflop += gigaflops;
    }
}
