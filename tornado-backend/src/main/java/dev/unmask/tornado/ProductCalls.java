package dev.unmask.tornado;

import static dev.unmask.tornado.Calls.groupsOf;
import static dev.unmask.tornado.Calls.rows;
import static dev.unmask.tornado.Calls.size;
import static dev.unmask.tornado.Calls.width;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gemm;

import java.util.Optional;
import java.util.function.Predicate;

/** Products of matrices as products by a library, or as calls of device kernels. */
final class ProductCalls {
    private final Calls calls;
    private final Predicate<Precision> multiplied;
    private final PackedFactors packed;

    /**
     * Products.
     *
     * @param calls what they become
     * @param multiplied in which precisions a library computes them
     * @param packed factors in bfloat16
     */
    ProductCalls(Calls calls, Predicate<Precision> multiplied, PackedFactors packed) {
        this.calls = calls;
        this.multiplied = multiplied;
        this.packed = packed;
    }

    void lower(Gemm k) {
        if (multiplied.test(k.precision())
                && k.limit().count().stream().allMatch(count -> ((TornadoTensor) count).hasMemory())) {
            product(k);
        } else {
            gemmByKernel(k);
        }
    }

    private void product(Gemm k) {
        Optional<Tensor> other = k.addend().filter(addend -> addend != k.c());
        other.ifPresent(addend -> calls.copy(addend, k.c(), k.transposeA() ? RowLimit.ALL : k.limit()));
        Matrix a = factor(k.a(), k.transposeA(), k.limit(), k.precision());
        // What is summed over may be limited, and is of A and of B.
        Matrix b =
                factor(
                        k.b(),
                        k.transposeB(),
                        k.transposeA() && !k.transposeB() ? k.limit() : RowLimit.ALL,
                        k.precision());
        calls.add(
                new Product(
                        a,
                        b,
                        Matrix.of(calls.at(k.c()), false, k.n()),
                        k.addend().isPresent(),
                        new Product.Size(k.m(), k.n(), k.k(), 1),
                        k.limit()
                                .count()
                                .map(count -> new LiveRows((TornadoTensor) count, k.limit().first(), rows(k.a()))),
                        k.precision()));
    }

    /** A factor of a product as float32, or as bfloat16, packed before if it is neither stored so nor at hand. */
    private Matrix factor(Tensor tensor, boolean transposed, RowLimit limit, Precision precision) {
        if (precision != Precision.BF16) {
            return Matrix.of(calls.widened(tensor), transposed, width(tensor));
        }
        if (tensor.dtype() == DType.BF16) {
            return Matrix.stored(calls.at(tensor), transposed, width(tensor));
        }
        Optional<Integer> known = packed.find(tensor, limit);
        if (known.isPresent()) {
            return Matrix.packed(known.get(), transposed, width(tensor));
        }
        int word = packed.room(tensor, limit);
        calls.groups(
                Entry.PACK,
                groupsOf((size(tensor) + 1) / 2, Entry.PACK.threadsX() * ElementKernels.ELEMENTS),
                1,
                calls.at(tensor),
                word,
                rows(tensor),
                width(tensor),
                calls.count(limit),
                limit.first());
        return Matrix.packed(word, transposed, width(tensor));
    }

    private void gemmByKernel(Gemm k) {
        int aWidth = width(k.a());
        int bWidth = width(k.b());
        long b = calls.widened(k.b());
        calls.groups(
                Entry.GEMM,
                groupsOf(k.n(), MatrixKernels.TILE),
                groupsOf(k.m(), MatrixKernels.TILE),
                calls.at(k.a()),
                k.transposeA() ? 1 : aWidth,
                k.transposeA() ? aWidth : 1,
                b,
                k.transposeB() ? 1 : bWidth,
                k.transposeB() ? bWidth : 1,
                calls.at(k.addend()),
                calls.at(k.c()),
                k.m(),
                k.n(),
                k.k(),
                k.transposeA() ? 1 : 0,
                calls.count(k.limit()),
                k.limit().first(),
                Calls.rounding(k.precision()));
    }
}
