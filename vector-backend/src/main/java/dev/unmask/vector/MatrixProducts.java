package dev.unmask.vector;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;

import java.util.Optional;

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
                .orElseGet(() -> new Rounded(kernel, live, a, b, binding));
    }

    private static Extents rounded(
            Panels panels, dev.unmask.tensor.kernel.Gemm kernel, Gemm.Factor a, Gemm.Factor b, Binding binding) {
        long addend = kernel.addend().map(binding::address).orElse(0L);
        long c = binding.address(kernel.c());
        long stride = kernel.n() * 4L;
        Optional<KeptPanels> kept = binding.kept(kernel.b(), panels);
        BlockedProduct blocks =
                new BlockedProduct(binding.workers(), panels, a.rows(), b.columns(), kept, addend, c, stride);
        if (kept.isPresent()) {
            // Half the bytes of float32, so faster for few rows too.
            return blocks::run;
        }
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
        boolean narrow = binding.isNarrow(tensor);
        return new Gemm.Factor(
                binding.address(tensor),
                tensor.shape().columns() * (narrow ? 2 : 1),
                left ? kernel.transposeA() : kernel.transposeB(),
                narrow || tensor.dtype() == DType.BF16);
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

    /** A product whose factors, unless they are BF16, are rounded to that in the workspace first. */
    private static final class Rounded implements BoundKernel {
        private final dev.unmask.tensor.kernel.Gemm kernel;
        private final LiveRows live;
        private final Gemm.Factor a;
        private final Gemm.Factor b;
        private final Binding binding;
        private long workspace;
        private Product product;

        Rounded(dev.unmask.tensor.kernel.Gemm kernel, LiveRows live, Gemm.Factor a, Gemm.Factor b, Binding binding) {
            this.kernel = kernel;
            this.live = live;
            this.a = a;
            this.b = b;
            this.binding = binding;
            binding.workspace().reserveShared(room(a, kernel.a()) + room(b, kernel.b()));
            workspace = binding.workspace().shared();
            product = product();
        }

        private static long room(Gemm.Factor factor, Tensor tensor) {
            return factor.bf16() ? 0 : Memory.aligned(tensor.shape().elements() * Short.BYTES);
        }

        private long roomOfB() {
            return workspace + room(a, kernel.a());
        }

        private static Gemm.Factor rounded(Gemm.Factor factor, long address) {
            return factor.bf16() ? factor : new Gemm.Factor(address, factor.stride(), factor.transposed(), true);
        }

        private Product product() {
            return new Product(kernel, live, gemm(kernel, rounded(a, workspace), rounded(b, roomOfB()), binding)::run);
        }

        @Override
        public void run(Workers workers) {
            if (workspace != binding.workspace().shared()) {
                // A kernel bound later made the workspace grow.
                workspace = binding.workspace().shared();
                product = product();
            }
            int rows = live.count();
            round(a, rows, workspace, workers);
            round(
                    b,
                    kernel.transposeA() && !kernel.transposeB() ? rows : kernel.b().shape().rows(),
                    roomOfB(),
                    workers);
            product.run(workers);
        }

        private static void round(Gemm.Factor factor, int rows, long target, Workers workers) {
            if (!factor.bf16()) {
                new BFloat16Rows(factor.address(), target, (long) rows * factor.stride()).run(workers);
            }
        }
    }
}
