package dev.unmask.tests;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.Validation;
import dev.unmask.train.data.TokenBlocks;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Whatever memory is refused, what was there before goes on working. */
class RefusedMemoryTest {
    @Test
    void afterARefusalEverythingStillWorks() throws IOException, InterruptedException {
        ChildJvm.succeeds(Child.class, "-XX:MaxDirectMemorySize=24m");
    }

    /** Runs in a JVM with little memory outside its heap. */
    static final class Child {
        private static final int LENGTH = 24;
        private static final int WIDE = 512;

        private final Backend backend = Backends.open("vector", new BackendOptions(2, ""));
        private final List<Validation> small = new ArrayList<>();
        private final List<Validation> large = new ArrayList<>();
        private final List<Kernel> kernels = new ArrayList<>();
        private final Tensor numbers = backend.allocate("numbers", DType.F32, Shape.of(3));
        private int refused;

        public static void main(String[] arguments) {
            new Child().run();
        }

        private void run() {
            for (Precision precision : Precision.values()) {
                small.add(validation(ModelConfig.masked(2, 2, 12, 20, 50), 2, precision));
                large.add(validation(ModelConfig.masked(2, 2, 64, 128, 50), 40, precision));
                add(
                        new Gemm(
                                floats(40, WIDE),
                                false,
                                floats(300, WIDE),
                                true,
                                none(),
                                floats(40, 300),
                                ALL,
                                precision));
                add(
                        new Gemm(
                                floats(WIDE, 300),
                                true,
                                floats(WIDE, 90),
                                false,
                                none(),
                                floats(300, 90),
                                ALL,
                                precision));
                addAttention(precision);
            }
            add(
                    new RmsNormBackward(
                            floats(99, WIDE),
                            floats(WIDE),
                            floats(99),
                            floats(99, WIDE),
                            none(),
                            floats(99, WIDE),
                            floats(WIDE),
                            ALL));
            add(new SumOfSquares(floats(WIDE, WIDE), floats(1), 0));
            List<Double> losses = small.stream().map(each -> each.measure().loss()).toList();
            List<Tensor> ballast = fill();
            for (Kernel kernel : kernels) {
                attempt(() -> backend.run(kernel));
                requireSame(losses);
            }
            for (Validation each : large) {
                attempt(each::measure);
                requireSame(losses);
            }
            attempt(() -> backend.allocate("too large", DType.F32, Shape.of(1 << 30)));
            attempt(() -> backend.allocate("far too large", DType.F32, Shape.of(1 << 30, 1 << 28)));
            requireSame(losses);
            if (refused < 6) {
                throw new AssertionError("only " + refused + " refusals: this test tests little");
            }
            ballast.clear();
            kernels.forEach(backend::run);
            large.forEach(Validation::measure);
            requireSame(losses);
            backend.close();
        }

        private static final RowLimit ALL = RowLimit.ALL;

        private static Optional<Tensor> none() {
            return Optional.empty();
        }

        private void add(Kernel kernel) {
            kernels.add(kernel);
        }

        private void addAttention(Precision precision) {
            Heads heads = new Heads(2, 2, 256);
            Tensor fused = floats(2 * LENGTH, heads.fusedWidth());
            Tensor out = floats(2 * LENGTH, heads.width());
            Tensor sums = floats(2, 2, LENGTH);
            Tensor gradient = floats(2 * LENGTH, heads.fusedWidth());
            HeadRows queries = heads.queriesOf(fused);
            HeadRows keys = heads.keysOf(fused);
            HeadRows values = heads.valuesOf(fused);
            add(new Attention(queries, keys, values, 2, none(), out, sums, precision));
            add(
                    new AttentionBackward(
                            queries,
                            keys,
                            values,
                            2,
                            none(),
                            out,
                            sums,
                            floats(2 * LENGTH, heads.width()),
                            floats(2, 2, LENGTH),
                            heads.queriesOf(gradient),
                            heads.keysOf(gradient),
                            heads.valuesOf(gradient),
                            precision));
        }

        private Tensor floats(int... extents) {
            return backend.allocate("operand", DType.F32, Shape.of(extents));
        }

        private Validation validation(ModelConfig config, int batch, Precision precision) {
            Transformer model = Initialization.of(backend, config, 1);
            TokenBlocks data =
                    new TokenBlocks() {
                        @Override
                        public long blocks(int length) {
                            return batch;
                        }

                        @Override
                        public void block(long index, int length, int[] into, int offset) {
                            Arrays.setAll(into, i -> i % config.vocabulary());
                        }
                    };
            return new Validation(backend, model, data, new Validation.Settings(batch, LENGTH, 1, 2, precision));
        }

        /** Takes all memory there is, down to a few kilobytes. */
        private List<Tensor> fill() {
            List<Tensor> ballast = new ArrayList<>();
            for (int elements = 1 << 18; elements >= 1 << 10; elements /= 4) {
                try {
                    while (true) {
                        ballast.add(floats(elements));
                    }
                } catch (OutOfDeviceMemoryException full) {
                    // On with smaller ones.
                }
            }
            return ballast;
        }

        private void attempt(Runnable call) {
            try {
                call.run();
            } catch (OutOfDeviceMemoryException expected) {
                refused++;
            }
        }

        private void requireSame(List<Double> losses) {
            numbers.set(1f, 2f, 3f);
            if (!Arrays.equals(new float[] {1, 2, 3}, numbers.floats())) {
                throw new AssertionError("numbers do not come back");
            }
            List<Double> now = small.stream().map(each -> each.measure().loss()).toList();
            if (!now.equals(losses)) {
                throw new AssertionError("losses were " + losses + " and are " + now);
            }
        }
    }
}
