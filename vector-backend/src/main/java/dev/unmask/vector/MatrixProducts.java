package dev.unmask.vector;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;

/**
 * Binds matrix products: float32 to {@link Gemm}; with operands in BF16 to machine code where there is some, else to
 * {@link Gemm} with operands that are rounded first.
 */
final class MatrixProducts {
    private MatrixProducts() {}

    static BoundKernel bind(dev.unmask.tensor.kernel.Gemm kernel, Binding binding) {
        LiveRows live = binding.live(kernel.limit(), kernel.a().shape().rows());
        Gemm.Factor a = factor(kernel, true, binding);
        Gemm.Factor b = factor(kernel, false, binding);
        if (kernel.precision() == Precision.F32) {
            return new Product(kernel, live, gemm(kernel, a, b, binding)::run);
        }
        return binding.bfloat16Panels()
                .<BoundKernel>map(panels -> new Product(kernel, live, rounded(panels, kernel, a, b, binding)))
                .orElseGet(() -> new Rounded(kernel, live, binding));
    }

    private static Extents rounded(
            Panels panels, dev.unmask.tensor.kernel.Gemm kernel, Gemm.Factor a, Gemm.Factor b, Binding binding) {
        long addend = kernel.addend().map(binding::address).orElse(0L);
        long c = binding.address(kernel.c());
        long stride = kernel.n() * 4L;
        BlockedProduct blocks = new BlockedProduct(binding.workers(), panels, a.rows(), b.columns(), addend, c, stride);
        DotGemm dots = new DotGemm(binding.workers(), a.rows(), b.columns(), true, addend, c, stride);
        return (m, n, k) -> {
            if (m > 0 && DotGemm.serves(m, b.columns())) {
                dots.run(m, n, k);
            } else {
                blocks.run(m, n, k);
            }
        };
    }

    private static Gemm gemm(dev.unmask.tensor.kernel.Gemm kernel, Gemm.Factor a, Gemm.Factor b, Binding binding) {
        return new Gemm(
                binding.workers(),
                a,
                b,
                kernel.addend().map(binding::address).orElse(0L),
                binding.address(kernel.c()),
                kernel.n());
    }

    private static Gemm.Factor factor(dev.unmask.tensor.kernel.Gemm kernel, boolean left, Binding binding) {
        Tensor tensor = left ? kernel.a() : kernel.b();
        return new Gemm.Factor(
                binding.address(tensor),
                tensor.shape().columns(),
                left ? kernel.transposeA() : kernel.transposeB(),
                tensor.dtype() == DType.BF16);
    }

    /** A product whose operands stay where they are, of as many rows, columns and steps as it is told. */
    @FunctionalInterface
    private interface Extents {
        void run(int m, int n, int k);
    }

    private record Product(dev.unmask.tensor.kernel.Gemm kernel, LiveRows live, Extents product)
            implements BoundKernel {
        @Override
        public void run(Workers workers) {
            int rows = live.count();
            if (kernel.transposeA()) {
                product.run(kernel.m(), kernel.n(), rows);
            } else {
                product.run(rows, kernel.n(), kernel.k());
            }
        }
    }

    /** A product whose factors are rounded to BF16 in the workspace first. */
    private static final class Rounded implements BoundKernel {
        private final dev.unmask.tensor.kernel.Gemm kernel;
        private final LiveRows live;
        private final Binding binding;
        private final long a;
        private final long b;
        private final boolean roundsB;
        private long workspace;
        private Product product;

        Rounded(dev.unmask.tensor.kernel.Gemm kernel, LiveRows live, Binding binding) {
            this.kernel = kernel;
            this.live = live;
            this.binding = binding;
            a = binding.address(kernel.a());
            b = binding.address(kernel.b());
            roundsB = kernel.b().dtype() == DType.F32;
            long room = roundsB ? kernel.b().shape().elements() * Short.BYTES : 0;
            binding.workspace().reserveShared(roundedBytesOfA() + room);
            workspace = binding.workspace().shared();
            product = product();
        }

        private long roundedBytesOfA() {
            return Memory.aligned(kernel.a().shape().elements() * Short.BYTES);
        }

        private Product product() {
            Gemm.Factor left = new Gemm.Factor(workspace, kernel.a().shape().columns(), kernel.transposeA(), true);
            Gemm.Factor right =
                    roundsB
                            ? new Gemm.Factor(
                                    workspace + roundedBytesOfA(),
                                    kernel.b().shape().columns(),
                                    kernel.transposeB(),
                                    true)
                            : factor(kernel, false, binding);
            return new Product(kernel, live, gemm(kernel, left, right, binding)::run);
        }

        @Override
        public void run(Workers workers) {
            if (workspace != binding.workspace().shared()) {
                // A kernel bound later made the workspace grow.
                workspace = binding.workspace().shared();
                product = product();
            }
            int rows = live.count();
            new BFloat16Rows(a, workspace, (long) rows * kernel.a().shape().columns()).run(workers);
            if (roundsB) {
                int rowsOfB = kernel.transposeA() && !kernel.transposeB() ? rows : kernel.b().shape().rows();
                new BFloat16Rows(b, workspace + roundedBytesOfA(), (long) rowsOfB * kernel.b().shape().columns())
                        .run(workers);
            }
            product.run(workers);
        }
    }
}
