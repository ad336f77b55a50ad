package dev.unmask.vector;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gemm;

import java.util.Optional;

/**
 * Binds matrix products: those with operands in BF16 to machine code where there is some, all others to the Vector API.
 */
final class MatrixProducts {
    private MatrixProducts() {}

    static BoundKernel bind(Gemm kernel, Binding binding) {
        LiveRows live = binding.live(kernel.limit(), kernel.a().shape().rows());
        MatrixProduct.Operands operands =
                new MatrixProduct.Operands(
                        items(kernel.a(), !kernel.transposeA(), binding),
                        items(kernel.b(), kernel.transposeB(), binding),
                        kernel.addend().map(binding::address).orElse(0L),
                        binding.address(kernel.c()),
                        (long) kernel.n() * Float.BYTES);
        MatrixProduct product = product(kernel, operands, binding);
        product.reserve(kernel.m(), kernel.n(), kernel.k());
        return new Product(kernel, live, product);
    }

    private static MatrixProduct product(Gemm kernel, MatrixProduct.Operands operands, Binding binding) {
        Workers workers = binding.workers();
        Workspace workspace = binding.workspace();
        if (kernel.precision() != Precision.BF16) {
            return dev.unmask.vector.Gemm.float32(workers, workspace, operands, false);
        }
        Optional<BFloat16Panels> machineCode = binding.bfloat16Panels();
        if (machineCode.isEmpty()) {
            return dev.unmask.vector.Gemm.float32(workers, workspace, operands, true);
        }
        BFloat16Panels panels = machineCode.get();
        Optional<KeptPanels> kept = binding.kept(kernel.b(), panels);
        // Kept panels are half the bytes of float32, so faster for few rows too.
        return kept.isPresent()
                ? new BlockedProduct(workers, workspace, panels, operands, kept)
                : dev.unmask.vector.Gemm.bfloat16(workers, workspace, operands, panels);
    }

    private static GemmPacking.Items items(Tensor tensor, boolean alongK, Binding binding) {
        boolean bf16 = binding.isNarrow(tensor) || tensor.dtype() == DType.BF16;
        // A narrow row lies where the wide one would.
        long stride = (long) tensor.shape().columns() * (tensor.dtype() == DType.BF16 ? Short.BYTES : Float.BYTES);
        return new GemmPacking.Items(binding.address(tensor), stride, alongK, bf16);
    }

    /** A product of as many rows, or steps, as are live. */
    private record Product(Gemm kernel, LiveRows live, MatrixProduct product) implements BoundKernel {
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
}
