package dev.unmask.tests;

import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.tests.CaseOperands.Live;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The cases of kernels that bring rows to one size, and of their gradients. */
final class NormCases {
    private NormCases() {}

    private record Norm(int rows, int width, double magnitude, Live live) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new RmsNorm(
                    o.liveRows("x", magnitude, live.rows(rows), rows, width),
                    o.floats("weight", 2, width),
                    1e-5f,
                    o.unwritten("out", rows, width),
                    o.unwritten("inverse rms", rows),
                    o.limit(live));
        }
    }

    private record HeadNorm(int rows, int heads, int width) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new RmsNorm(
                    o.floats("x", 1, rows, heads * width),
                    o.floats("weight", 2, width),
                    1e-6f,
                    o.unwritten("out", rows, heads * width),
                    o.unwritten("inverse rms", rows, heads),
                    RowLimit.ALL);
        }
    }

    private record HeadNormGradient(int rows, int heads, int width) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new RmsNormBackward(
                    o.floats("x", 1, rows, heads * width),
                    o.floats("weight", 2, width),
                    o.floats("inverse rms", n -> 1 + n % 3, rows, heads),
                    o.floats("gradient of out", 1, rows, heads * width),
                    Optional.empty(),
                    o.unwritten("gradient of x", rows, heads * width),
                    o.floats("gradient of weight", 1, width),
                    RowLimit.ALL);
        }
    }

    private enum Residual {
        NONE,
        OTHER,
        RESULT
    }

    private record NormGradient(int rows, int width, double magnitude, Residual residual, Live live)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            int count = live.rows(rows);
            Tensor x = o.liveRows("x", magnitude, count, rows, width);
            Tensor dx =
                    residual == Residual.RESULT
                            ? o.liveRows("gradient of x", 1, count, rows, width)
                            : o.unwritten("gradient of x", rows, width);
            return new RmsNormBackward(
                    x,
                    o.floats("weight", 2, width),
                    o.floats("inverse rms", n -> inverseRms(o.values(x), n), rows),
                    o.liveRows("gradient of out", 1, count, rows, width),
                    switch (residual) {
                        case NONE -> Optional.empty();
                        case OTHER -> Optional.of(o.liveRows("residual", 1, count, rows, width));
                        case RESULT -> Optional.of(dx);
                    },
                    dx,
                    o.floats("gradient of weight", 1, width),
                    o.limit(live));
        }

        private double inverseRms(double[] x, int row) {
            double squares = 0;
            for (int c = 0; c < width; c++) {
                squares += x[row * width + c] * x[row * width + c];
            }
            return 1 / Math.sqrt(squares / width + 1e-5);
        }
    }

    private record Layer(int rows, int width, double magnitude, double shift, Live live) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new LayerNorm(
                    shifted(o, rows, width, magnitude, shift, live),
                    o.floats("weight", 2, width),
                    1e-5f,
                    o.unwritten("out", rows, width),
                    o.unwritten("mean", rows),
                    o.unwritten("inverse deviation", rows),
                    o.limit(live));
        }

        static Tensor shifted(CaseOperands o, int rows, int width, double magnitude, double shift, Live live) {
            double[] values = o.values(o.liveRows("numbers", magnitude, live.rows(rows), rows, width));
            return o.floats("x", i -> values[i] + shift, rows, width);
        }
    }

    private record LayerGradient(int rows, int width, double shift, Residual residual, Live live)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            int count = live.rows(rows);
            Tensor x = Layer.shifted(o, rows, width, 1, shift, live);
            Tensor dx =
                    residual == Residual.RESULT
                            ? o.liveRows("gradient of x", 1, count, rows, width)
                            : o.unwritten("gradient of x", rows, width);
            return new LayerNormBackward(
                    x,
                    o.floats("weight", 2, width),
                    o.floats("mean", n -> shift + 0.1 * Math.sin(n), rows),
                    o.floats("inverse deviation", n -> 1 + 0.5 * Math.cos(n), rows),
                    o.liveRows("gradient of out", 1, count, rows, width),
                    switch (residual) {
                        case NONE -> Optional.empty();
                        case OTHER -> Optional.of(o.liveRows("residual", 1, count, rows, width));
                        case RESULT -> Optional.of(dx);
                    },
                    dx,
                    o.floats("gradient of weight", 1, width),
                    o.limit(live));
        }
    }

    static List<KernelCase> all() {
        List<KernelCase> cases = new ArrayList<>();
        for (int[] s : RowCases.SIZES) {
            cases.add(new Norm(s[0], s[1], 1, Live.ALL));
            // The gradient of a row of one element is all cancellation, unless the epsilon counts.
            double magnitude = s[1] == 1 ? 1e-2 : 1;
            for (Residual residual : Residual.values()) {
                cases.add(new NormGradient(s[0], s[1], magnitude, residual, Live.ALL));
            }
            cases.add(new HeadNorm(s[0], 3, s[1]));
            cases.add(new HeadNormGradient(s[0], 3, s[1]));
            addLayers(cases, s[0], s[1], Live.ALL);
        }
        for (Live live : RowCases.LIMITS) {
            cases.add(new Norm(7, 33, 1, live));
            for (Residual residual : Residual.values()) {
                cases.add(new NormGradient(7, 33, 1, residual, live));
            }
            addLayers(cases, 7, 33, live);
        }
        addLayers(cases, 1031, 70, Live.ALL);
        cases.add(new Layer(3, 70, 1, 1e3, Live.ALL));
        cases.add(new Layer(3, 70, 0, 1, Live.ALL));
        cases.add(new Layer(3, 70, 1e-4, 0, Live.ALL));
        cases.add(new HeadNorm(301, 6, 64));
        cases.add(new Norm(130, 513, 1, Live.of(77, 0)));
        cases.add(new Norm(1031, 70, 1, Live.ALL));
        for (double magnitude : new double[] {1e4, 1e-4, 0, 1e18, 1e-20, 1e-38}) {
            cases.add(new Norm(3, 70, magnitude, Live.ALL));
        }
        cases.add(new NormGradient(130, 513, 1, Residual.OTHER, Live.of(77, 0)));
        cases.add(new NormGradient(1031, 70, 1, Residual.RESULT, Live.ALL));
        cases.add(new NormGradient(3, 70, 1e-4, Residual.OTHER, Live.ALL));
        for (double magnitude : new double[] {1e3, 1e12, 1e-20, 0}) {
            cases.add(new NormGradient(3, 70, magnitude, Residual.NONE, Live.ALL));
        }
        return cases;
    }

    private static void addLayers(List<KernelCase> cases, int rows, int width, Live live) {
        cases.add(new Layer(rows, width, 1, 0.5, live));
        for (Residual residual : Residual.values()) {
            cases.add(new LayerGradient(rows, width, 0.5, residual, live));
        }
    }
}
