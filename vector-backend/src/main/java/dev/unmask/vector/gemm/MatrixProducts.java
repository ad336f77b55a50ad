package dev.unmask.vector.gemm;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.Workers;

import java.util.Optional;

/**
 * Binds matrix products: those with operands in BF16 to machine code where there is some, all others to the Vector API.
 */
public final class MatrixProducts {
    private MatrixProducts() {}

    /**
     * Binds a product.
     *
     * @param kernel the product
     * @param operands of the program
     * @param kept panels of factors that do not change
     */
    public static BoundKernel bind(Gemm kernel, Operands operands, KeptFactors kept) {
        LiveRows live = operands.live(kernel.limit(), kernel.a().shape().rows());
        MatrixProduct.Places places =
                new MatrixProduct.Places(
                        items(kernel.a(), !kernel.transposeA(), operands),
                        items(kernel.b(), kernel.transposeB(), operands),
                        kernel.addend().map(operands::address).orElse(0L),
                        operands.address(kernel.c()),
                        (long) kernel.n() * Float.BYTES);
        MatrixProduct product = product(kernel, places, operands, kept);
        product.reserve(kernel.m(), kernel.n(), kernel.k());
        return new Product(kernel, live, product);
    }

    private static MatrixProduct product(
            Gemm kernel, MatrixProduct.Places places, Operands operands, KeptFactors keptFactors) {
        boolean rounding = kernel.precision() == Precision.BF16;
        Panels panels =
                operands.machineCode()
                        .filter(_ -> rounding)
                        .<Panels>map(BFloat16Panels::new)
                        .orElseGet(() -> new Float32Panels(rounding, operands.float32Code()));
        Optional<KeptPanels> kept = keptFactors.of(kernel.b(), panels);
        return new FittingProduct(operands.workers(), operands.workspace(), panels, places, kept);
    }

    private static GemmPacking.Items items(Tensor tensor, boolean alongK, Operands operands) {
        boolean bf16 = operands.isNarrow(tensor) || tensor.dtype() == DType.BF16;
        // A narrow row lies where the wide one would.
        long stride = (long) tensor.shape().columns() * (tensor.dtype() == DType.BF16 ? Short.BYTES : Float.BYTES);
        return new GemmPacking.Items(operands.address(tensor), stride, alongK, bf16);
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
