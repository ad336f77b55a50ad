package dev.unmask.vector.gemm;

import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.vector.machine.Int8Product;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.Workers;

import java.util.Optional;

/** Binds products with weights of int8: to machine code where there is some, else to products of float32. */
public final class Int8Products {
    /**
     * Up to how many rows a {@link SmallGemm} is as fast or faster. With two threads 82 MB of weights went, as GB/s of
     * float32, from 30 to 43 at one row, 76 to 133 at 4, 48 to 54 at 16, 27 to 28 at 32 and not at all at 48, where
     * weights in the cache lost an eighth (EPYC Zen 4, 2026-11).
     */
    private static final int MOST_OF_SMALL = 32;

    private Int8Products() {}

    /**
     * Binds a product.
     *
     * @param kernel the product
     * @param operands of the program
     * @param keptFactors panels of factors that do not change
     */
    public static BoundKernel bind(Int8Gemm kernel, Operands operands, KeptFactors keptFactors) {
        LiveRows live = operands.live(kernel.limit(), kernel.a().shape().rows());
        int k = kernel.k();
        MatrixProduct.Places places =
                new MatrixProduct.Places(
                        new GemmPacking.Items(operands.address(kernel.a()), (long) k * Float.BYTES, true, false),
                        new GemmPacking.Items(operands.address(kernel.b()), k, true, false),
                        kernel.addend().map(operands::address).orElse(0L),
                        operands.address(kernel.c()),
                        (long) kernel.n() * Float.BYTES);
        Int8Product code = operands.int8Code().orElseGet(() -> new Int8Lanes(operands.float32Code()));
        Int8Panels panels = new Int8Panels(code, operands.address(kernel.scales()));
        Optional<KeptPanels> kept = keptFactors.of(kernel.b(), panels);
        MatrixProduct product =
                new FittingProduct(operands.workers(), operands.workspace(), panels, places, kept, MOST_OF_SMALL);
        product.reserve(kernel.a().shape().rows(), kernel.n(), k);
        return new Product(kernel, live, product);
    }

    private record Product(Int8Gemm kernel, LiveRows live, MatrixProduct product) implements BoundKernel {
        @Override
        public void run(Workers workers) {
            product.run(live.count(), kernel.n(), kernel.k());
        }
    }
}
