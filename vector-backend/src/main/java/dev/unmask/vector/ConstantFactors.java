package dev.unmask.vector;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Recording;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * The weights that a program multiplies by as it does in inference: it does not write them, and multiplies by none the
 * other way round, as the way back of training does. Such weights are likely to be the same in the next run, so that
 * their panels are worth keeping.
 */
final class ConstantFactors {
    private ConstantFactors() {}

    /** Looks through a recording. */
    static Set<Tensor> of(Recording recording) {
        Set<Tensor> factors = identitySet();
        Set<Tensor> others = identitySet();
        others.addAll(recording.temporaries());
        for (Kernel kernel : recording.kernels()) {
            others.addAll(kernel.outputs());
            if (kernel instanceof Gemm product) {
                (product.transposeB() ? factors : others).add(product.b());
                others.add(product.a());
            } else if (kernel instanceof Int8Gemm product) {
                factors.add(product.b());
            }
        }
        factors.removeAll(others);
        return factors;
    }

    private static Set<Tensor> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }
}
