package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Holds attention without scores in memory against the other way on a GPU, in the sizes of training, and times both: to
 * be run by hand where there is one.
 */
final class FusedAttentionCheck {
    private static final int RUNS = 20;

    private FusedAttentionCheck() {}

    /** What queries see. */
    private enum Sight {
        ALL,
        CAUSAL,
        LENGTHS
    }

    /**
     * A case.
     *
     * @param batch sequences
     * @param length of each
     * @param heads how many
     * @param sight what queries see
     */
    private record Case(int batch, int length, Heads heads, Sight sight) {}

    /** Operands and programs of a case. */
    private static final class Run {
        private final List<Tensor> results = new ArrayList<>();
        private final Attention attention;
        private final AttentionBackward backward;
        private final Backend backend;

        Run(Backend backend, Case c, Precision precision) {
            this.backend = backend;
            int rows = c.batch * c.length;
            Tensor fused = random("fused", rows, c.heads.fusedWidth());
            Tensor out = result("out", rows, c.heads.width());
            Tensor logSumExp = result("log-sum-exp", c.batch, c.heads.count(), c.length);
            Tensor outGradient = random("gradient of out", rows, c.heads.width());
            Tensor delta = result("delta", c.batch, c.heads.count(), c.length);
            Tensor gradient = result("gradient", rows, c.heads.fusedWidth());
            Optional<Tensor> seen = seen(c);
            attention =
                    new Attention(
                            c.heads.queriesOf(fused),
                            c.heads.keysOf(fused),
                            c.heads.valuesOf(fused),
                            c.batch,
                            seen,
                            out,
                            logSumExp,
                            precision);
            backward =
                    new AttentionBackward(
                            c.heads.queriesOf(fused),
                            c.heads.keysOf(fused),
                            c.heads.valuesOf(fused),
                            c.batch,
                            seen,
                            out,
                            logSumExp,
                            outGradient,
                            delta,
                            c.heads.queriesOf(gradient),
                            c.heads.keysOf(gradient),
                            c.heads.valuesOf(gradient),
                            precision);
        }

        private Tensor random(String name, int... extents) {
            Tensor tensor = backend.allocate(name, DType.F32, Shape.of(extents));
            SplittableRandom random = new SplittableRandom(7);
            float[] values = new float[Math.toIntExact(tensor.shape().elements())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextGaussian();
            }
            tensor.set(values);
            return tensor;
        }

        private Tensor result(String name, int... extents) {
            Tensor tensor = backend.allocate(name, DType.F32, Shape.of(extents));
            results.add(tensor);
            return tensor;
        }

        private Optional<Tensor> seen(Case c) {
            if (c.sight == Sight.ALL) {
                return Optional.empty();
            }
            int[] ranges = new int[c.batch * c.length * Attention.RANGES];
            for (int i = 0; i < c.batch * c.length; i++) {
                ranges[i * Attention.RANGES + 1] =
                        c.sight == Sight.CAUSAL ? i % c.length + 1 : c.length - i / c.length * c.length / 4;
            }
            Tensor tensor = backend.allocate("seen", DType.I32, Shape.of(c.batch * c.length, Attention.RANGES));
            tensor.set(ranges);
            return Optional.of(tensor);
        }

        /** Results, after the time of each way. */
        List<float[]> run(String way, Case c) {
            double products = 2e-9 * c.batch * c.heads.count() * c.length * c.length * c.heads.size();
            double forward = milliseconds(attention);
            double back = milliseconds(backward);
            System.out.printf(
                    Locale.ROOT,
                    "  %-8s forward %.3f ms, %.0f TFLOP/s; backward %.3f ms, %.0f TFLOP/s of 5 products%n",
                    way,
                    forward,
                    2 * products / forward,
                    back,
                    5 * products / back);
            return results.stream().map(Tensor::floats).toList();
        }

        /** Many in a program, so that what each run of one costs counts for little. */
        private double milliseconds(Kernel kernel) {
            Program program =
                    backend.record(recorder -> {
                        for (int i = 0; i < RUNS; i++) {
                            recorder.add(kernel);
                        }
                    });
            for (int i = 0; i < 3; i++) {
                program.run();
            }
            Tensor last = backend.allocate("last", DType.I32, Shape.of(1));
            last.ints();
            double best = Double.MAX_VALUE;
            for (int i = 0; i < 3; i++) {
                long before = System.nanoTime();
                program.run();
                // Waits, as a program may still be under way.
                last.ints();
                best = Math.min(best, (System.nanoTime() - before) * 1e-6 / RUNS);
            }
            return best;
        }
    }

    private static double difference(float[] found, float[] expected) {
        double squares = 0;
        double all = 0;
        for (int i = 0; i < found.length; i++) {
            if (found[i] != expected[i]) {
                squares += Math.pow((double) found[i] - expected[i], 2);
            }
            all += Float.isInfinite(expected[i]) ? 0 : Math.pow(expected[i], 2);
        }
        return Math.sqrt(squares / all);
    }

    /**
     * Runs the cases.
     *
     * @param arguments the device, or none
     */
    public static void main(String[] arguments) {
        Device device = Devices.choose(Devices.all(), arguments.length > 0 ? arguments[0] : "");
        List<Case> cases =
                List.of(
                        new Case(8, 1024, new Heads(12, 12, 64), Sight.ALL),
                        new Case(4, 777, new Heads(12, 4, 64), Sight.CAUSAL),
                        new Case(4, 1024, new Heads(6, 6, 128), Sight.LENGTHS));
        try (Backend backend = TornadoBackendProvider.open(device)) {
            System.out.println(device.description());
            device.acceleration().reasons().forEach(System.out::println);
            for (Precision precision : List.of(Precision.TF32, Precision.BF16)) {
                List<List<float[]>> found = new ArrayList<>();
                List<Run> runs = new ArrayList<>();
                for (Case c : cases) {
                    System.out.println(precision + " " + c);
                    Run run = new Run(backend, c, precision);
                    runs.add(run);
                    found.add(run.run(device.acceleration().attends(precision) ? "fused" : "as ever", c));
                }
                device.acceleration().withoutAttention(precision, "the other way is checked");
                for (int i = 0; i < cases.size(); i++) {
                    System.out.println(precision + " " + cases.get(i));
                    List<float[]> expected = runs.get(i).run("products", cases.get(i));
                    for (int j = 0; j < expected.size(); j++) {
                        System.out.printf(
                                Locale.ROOT,
                                "  %s differs by %.1e%n",
                                runs.get(i).results.get(j).name(),
                                difference(found.get(i).get(j), expected.get(j)));
                    }
                }
            }
        }
    }
}
