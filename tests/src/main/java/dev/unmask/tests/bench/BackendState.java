package dev.unmask.tests.bench;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import java.util.SplittableRandom;

/** An open backend and random operands for benchmarks. */
@State(Scope.Benchmark)
public class BackendState {
    /** What {@code --backend} calls the backend. */
    @Param("vector")
    public String backend;

    /** CPU threads; 0: all processors. */
    @Param("0")
    public int threads;

    private Backend opened;
    private SplittableRandom random;

    /** For JMH. */
    public BackendState() {}

    /** Opens the backend. */
    @Setup(Level.Trial)
    public void open() {
        BackendOptions all = BackendOptions.defaults();
        opened = Backends.open(backend, threads == 0 ? all : new BackendOptions(threads, all.device()));
        random = new SplittableRandom(3407);
    }

    /** Closes the backend. */
    @TearDown(Level.Trial)
    public void close() {
        opened.close();
    }

    /**
     * The open backend.
     *
     * @return the backend
     */
    Backend opened() {
        return opened;
    }

    /**
     * An F32 tensor of numbers uniform in [-1, 1).
     *
     * @param name what messages call it
     * @param extents its shape
     * @return the tensor
     */
    Tensor random(String name, int... extents) {
        Shape shape = Shape.of(extents);
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (2 * random.nextDouble() - 1);
        }
        Tensor tensor = opened.allocate(name, DType.F32, shape);
        tensor.set(values);
        return tensor;
    }

    /**
     * An F32 tensor of zeros.
     *
     * @param name what messages call it
     * @param extents its shape
     * @return the tensor
     */
    Tensor zeros(String name, int... extents) {
        return opened.allocate(name, DType.F32, Shape.of(extents));
    }
}
