package dev.unmask.tests;

import static dev.unmask.tensor.Precision.BF16;
import static dev.unmask.tensor.Precision.F32;
import static dev.unmask.tensor.Precision.TF32;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tests.CaseOperands.Live;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** The cases of matrix products. */
final class MatrixCases {
    private static final int[][] SIZES = {
        {1, 1, 1},
        {1, 33, 17},
        {3, 1, 70},
        {17, 70, 1},
        {5, 3, 129},
        {33, 17, 3},
        {70, 129, 33},
        {129, 70, 17},
        {64, 96, 128},
        {13, 257, 65},
        {260, 31, 300},
        {7, 523, 520}
    };

    private MatrixCases() {}

    private enum Addend {
        NONE,
        OTHER,
        RESULT
    }

    private enum Form {
        AB(false, false),
        ABT(false, true),
        ATB(true, false),
        ATBT(true, true);

        final boolean transposeA;
        final boolean transposeB;

        Form(boolean transposeA, boolean transposeB) {
            this.transposeA = transposeA;
            this.transposeB = transposeB;
        }
    }

    private record Product(
            Form form, int m, int n, int k, Addend addend, Live live, DType factor, Precision precision, double size)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            int rows = form.transposeA ? k : m;
            Tensor a = o.liveRows("a", size, live.rows(rows), rows, form.transposeA ? m : k);
            int[] extents = form.transposeB ? new int[] {n, k} : new int[] {k, n};
            Tensor b = factor == DType.BF16 ? o.wrapped("b", DType.BF16, 1, extents) : o.floats("b", 1, extents);
            Tensor c = addend == Addend.RESULT ? o.floats("c", 3, m, n) : o.unwritten("c", m, n);
            Optional<Tensor> d =
                    switch (addend) {
                        case NONE -> Optional.empty();
                        case OTHER -> Optional.of(o.floats("addend", 3, m, n));
                        case RESULT -> Optional.of(c);
                    };
            return new Gemm(a, form.transposeA, b, form.transposeB, d, c, o.limit(live), precision);
        }
    }

    /** Operands halfway between two numbers of bfloat16, which go to the even one, and an infinity, which stays. */
    private record Rounded(Form form, int m, int n, int k) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            int[] aExtents = form.transposeA ? new int[] {k, m} : new int[] {m, k};
            int[] bExtents = form.transposeB ? new int[] {n, k} : new int[] {k, n};
            Tensor a = o.floats("a", i -> i == 0 ? Double.POSITIVE_INFINITY : halfway(i), aExtents);
            Tensor b = o.floats("b", i -> halfway(i + 41), bExtents);
            Tensor c = o.unwritten("c", m, n);
            return new Gemm(
                    a, form.transposeA, b, form.transposeB, Optional.empty(), c, o.limit(Live.ALL), Precision.BF16);
        }

        /** Positive, so that no two errors make up for each other; bfloat16 has steps of 1/128 from 1 to 2. */
        private static double halfway(int i) {
            return Math.scalb(1 + (i % 128 + 0.5) / 128, i % 7 - 3);
        }
    }

    /** What the rows of the left factor of a product with int8 are. */
    private enum Rows {
        /** Uniform. */
        USUAL,
        /** Zeros in every other row, and in some groups of the others. */
        ZERO,
        /** One number in each row that is a thousand times the others. */
        OUTLIER,
        /** Halfway between two integers of int8. */
        HALFWAY,
        /** Not finite in some groups. */
        SPECIAL;

        double at(int row, int column, double uniform) {
            return switch (this) {
                case USUAL -> uniform;
                case ZERO -> row % 2 == 0 || column / Int8Gemm.GROUP % 2 == 1 ? 0 : uniform;
                case OUTLIER -> column == row * 7 % 50 ? 1000 : uniform;
                case HALFWAY -> column % Int8Gemm.GROUP == 0 ? 127 : column % 127 - 63 + 0.5;
                case SPECIAL ->
                        column != row * 3 % 50
                                ? uniform
                                : switch (row % 4) {
                                    case 1 -> Double.NaN;
                                    case 2 -> Double.POSITIVE_INFINITY;
                                    case 3 -> Float.MAX_VALUE;
                                    default -> 1;
                                };
            };
        }
    }

    private record Int8Product(int m, int n, int k, Addend addend, Live live, Rows kind, double size, double scale)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            SplittableRandom random = new SplittableRandom(m * 31L + k);
            Tensor a =
                    o.floats(
                            "a",
                            i -> {
                                double uniform = size * (2 * random.nextDouble() - 1);
                                return i / k < live.rows(m) ? kind.at(i / k, i % k, uniform) : Double.NaN;
                            },
                            m,
                            k);
            Tensor b = o.wrapped("b", DType.I8, 128, n, k);
            Tensor scales = o.floats("scales", i -> i % 9 == 4 ? 0 : scale * (1 + random.nextDouble()), n);
            Tensor c = addend == Addend.RESULT ? o.floats("c", 3, m, n) : o.unwritten("c", m, n);
            Optional<Tensor> d =
                    switch (addend) {
                        case NONE -> Optional.empty();
                        case OTHER -> Optional.of(o.floats("addend", 3, m, n));
                        case RESULT -> Optional.of(c);
                    };
            return new Int8Gemm(a, b, scales, d, c, o.limit(live));
        }
    }

    private static List<KernelCase> int8() {
        List<KernelCase> cases = new ArrayList<>();
        int[][] sizes = {{1, 1, 1}, {1, 33, 17}, {3, 1, 70}, {17, 70, 255}, {5, 3, 256}, {33, 49, 257}, {20, 97, 1000}};
        for (int[] s : sizes) {
            for (Addend addend : Addend.values()) {
                cases.add(new Int8Product(s[0], s[1], s[2], addend, Live.ALL, Rows.USUAL, 1, 0.01));
            }
        }
        cases.add(new Int8Product(130, 100, 4500, Addend.OTHER, Live.ALL, Rows.USUAL, 1, 0.01));
        for (Live live : List.of(Live.of(0, 0), Live.of(7, 0), Live.of(11, 5), Live.of(4, 5), Live.of(1000, 3))) {
            cases.add(new Int8Product(17, 33, 300, Addend.NONE, live, Rows.USUAL, 1, 0.01));
            cases.add(new Int8Product(17, 33, 300, Addend.RESULT, live, Rows.USUAL, 1, 0.01));
        }
        for (Rows kind : Rows.values()) {
            cases.add(new Int8Product(9, 50, 530, Addend.NONE, Live.ALL, kind, 1, 0.01));
            cases.add(new Int8Product(9, 50, 530, Addend.OTHER, Live.ALL, kind, 1, 1));
        }
        for (double size : new double[] {1e36, 1e30, 1e6, 1e-6, 1e-20, 1e-34, 1e-36, 1e-38, 1e-41}) {
            for (double scale : new double[] {1e30, 1e-2, 1e-30, 1e-38, 1e-42}) {
                // Beyond that sums of groups are infinite before they cancel.
                if (size * scale * 128 * 300 < Float.MAX_VALUE) {
                    cases.add(new Int8Product(5, 20, 300, Addend.NONE, Live.ALL, Rows.USUAL, size, scale));
                }
            }
            cases.add(new Int8Product(5, 20, 300, Addend.OTHER, Live.ALL, Rows.USUAL, size, 0.01));
        }
        return cases;
    }

    private static Product product(Form form, int m, int n, int k, Addend addend) {
        return new Product(form, m, n, k, addend, Live.ALL, DType.F32, F32, 1);
    }

    private static Product limited(Form form, int m, int n, int k, Addend addend, Live live) {
        return new Product(form, m, n, k, addend, live, DType.F32, F32, 1);
    }

    static List<KernelCase> all() {
        List<KernelCase> cases = new ArrayList<>();
        for (Form form : Form.values()) {
            addShapes(cases, form);
            addPrecisions(cases, form);
            addMagnitudes(cases, form);
        }
        cases.addAll(int8());
        cases.add(product(Form.ABT, 523, 389, 261, Addend.RESULT));
        cases.add(product(Form.ATB, 389, 261, 1031, Addend.NONE));
        cases.add(limited(Form.ATB, 130, 261, 1031, Addend.RESULT, Live.of(777, 0)));
        return cases;
    }

    private static void addShapes(List<KernelCase> cases, Form form) {
        for (int[] s : SIZES) {
            for (Addend addend : Addend.values()) {
                cases.add(product(form, s[0], s[1], s[2], addend));
            }
        }
        for (Addend addend : Addend.values()) {
            cases.add(limited(form, 17, 33, 70, addend, Live.of(0, 0)));
            cases.add(limited(form, 17, 33, 70, addend, Live.of(7, 0)));
            cases.add(limited(form, 33, 70, 17, addend, Live.of(11, 5)));
            cases.add(limited(form, 33, 70, 17, addend, Live.of(4, 5)));
            cases.add(limited(form, 17, 33, 70, addend, Live.of(1000, 3)));
        }
    }

    /** What is stored and multiplied as other than float32. */
    private static void addPrecisions(List<KernelCase> cases, Form form) {
        cases.add(new Product(form, 17, 33, 70, Addend.NONE, Live.ALL, DType.BF16, F32, 1));
        cases.add(new Product(form, 129, 70, 131, Addend.OTHER, Live.ALL, DType.BF16, F32, 1));
        cases.add(new Product(form, 9, 33, 71, Addend.NONE, Live.of(5, 2), DType.BF16, F32, 1));
        cases.add(new Product(form, 9, 1, 1, Addend.NONE, Live.ALL, DType.BF16, BF16, 1));
        cases.add(new Product(form, 9, 33, 71, Addend.OTHER, Live.of(5, 2), DType.BF16, BF16, 1));
        cases.add(new Product(form, 17, 33, 71, Addend.NONE, Live.ALL, DType.BF16, TF32, 1));
        cases.add(new Product(form, 1, 129, 70, Addend.RESULT, Live.of(1, 0), DType.BF16, BF16, 1));
        cases.add(new Product(form, 17, 33, 70, Addend.NONE, Live.ALL, DType.F32, BF16, 1));
        cases.add(new Product(form, 70, 129, 33, Addend.RESULT, Live.of(21, 0), DType.F32, BF16, 1));
        cases.add(new Product(form, 64, 96, 64, Addend.NONE, Live.ALL, DType.F32, BF16, 1));
        cases.add(new Product(form, 37, 113, 1100, Addend.OTHER, Live.ALL, DType.F32, BF16, 1));
        cases.add(new Product(form, 530, 570, 70, Addend.NONE, Live.ALL, DType.F32, BF16, 1));
        cases.add(new Product(form, 33, 3300, 40, Addend.RESULT, Live.ALL, DType.F32, BF16, 1));
        cases.add(new Product(form, 33, 70, 17, Addend.OTHER, Live.of(0, 0), DType.F32, BF16, 1));
        cases.add(new Product(form, 33, 70, 17, Addend.NONE, Live.of(11, 5), DType.F32, BF16, 1));
        cases.add(new Product(form, 129, 70, 131, Addend.RESULT, Live.ALL, DType.BF16, BF16, 1));
        cases.add(new Product(form, 17, 33, 70, Addend.NONE, Live.ALL, DType.F32, TF32, 1));
        cases.add(new Product(form, 64, 96, 128, Addend.RESULT, Live.ALL, DType.F32, TF32, 1));
        cases.add(new Product(form, 33, 70, 17, Addend.OTHER, Live.of(11, 5), DType.F32, TF32, 1));
        cases.add(new Rounded(form, 3, 9, 17));
        cases.add(new Rounded(form, 37, 70, 33));
    }

    private static void addMagnitudes(List<KernelCase> cases, Form form) {
        for (Precision precision : Precision.values()) {
            for (double size : new double[] {1e30, 1e6, 1e-6, 1e-20, 1e-35, 1e-38, 1e-41}) {
                cases.add(new Product(form, 33, 17, 129, Addend.NONE, Live.ALL, DType.F32, precision, size));
            }
            cases.add(new Product(form, 33, 17, 129, Addend.OTHER, Live.ALL, DType.F32, precision, 1e6));
        }
        cases.add(new Product(form, 3, 129, 70, Addend.NONE, Live.ALL, DType.BF16, BF16, 1e-35));
    }
}
