package dev.unmask.vector;

import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;
import dev.unmask.tensor.program.Recording;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Which results of a program are stored as bfloat16, since nothing but products that round their factors to bfloat16
 * reads them. Rounding where they are made gives the same bits as rounding where they are read, and moves half the
 * bytes, more than once.
 *
 * <p>A narrow row takes the first half of the room of a float32 row: rows start where they would, so the plan of the
 * memory stays as it is and a kernel may narrow in place.
 */
public final class NarrowResults {
    private final List<Set<Tensor>> ofKernels = new ArrayList<>();

    private NarrowResults() {}

    /** Looks through a recording. */
    static NarrowResults of(Recording recording) {
        NarrowResults results = new NarrowResults();
        Set<Tensor> temporaries = identitySet();
        temporaries.addAll(recording.temporaries());
        recording.kernels().forEach(kernel -> results.ofKernels.add(identitySet()));
        for (int i = 0; i < recording.kernels().size(); i++) {
            List<Tensor> candidates = narrowable(recording.kernels().get(i));
            int kernel = i;
            boolean all =
                    candidates.stream()
                            .allMatch(result ->
                                    temporaries.contains(result)
                                            && onlyFactor(recording.kernels(), kernel + 1, result));
            if (all) {
                candidates.forEach(result -> results.narrow(recording.kernels(), kernel, result));
            }
        }
        return results;
    }

    private static Set<Tensor> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /** Results that a kernel can store as bfloat16: all of them or none. */
    private static List<Tensor> narrowable(Kernel kernel) {
        return switch (kernel) {
            // Pieces of a row would be narrow each for itself, and no factor.
            case RmsNorm k when k.width() == k.x().shape().columns() -> List.of(k.out());
            case SwiGlu k -> List.of(k.out());
            case SwiGluBackward k -> List.of(k.gateGradient(), k.upGradient());
            case CrossEntropyBackward k -> List.of(k.logitsGradient());
            default -> List.of();
        };
    }

    private static boolean onlyFactor(List<Kernel> kernels, int from, Tensor result) {
        boolean read = false;
        for (Kernel kernel : kernels.subList(from, kernels.size())) {
            if (kernel.inputs().contains(result)) {
                if (!isFactor(kernel, result)) {
                    return false;
                }
                read = true;
            } else if (kernel.outputs().contains(result)) {
                break;
            }
        }
        return read;
    }

    private static boolean isFactor(Kernel kernel, Tensor result) {
        return kernel instanceof Gemm product
                && product.precision() == Precision.BF16
                && product.addend().filter(addend -> addend == result).isEmpty();
    }

    private void narrow(List<Kernel> kernels, int maker, Tensor result) {
        ofKernels.get(maker).add(result);
        for (int i = maker + 1; i < kernels.size(); i++) {
            if (kernels.get(i).inputs().contains(result)) {
                ofKernels.get(i).add(result);
            } else if (kernels.get(i).outputs().contains(result)) {
                return;
            }
        }
    }

    /**
     * The operands of a kernel that are narrow.
     *
     * @param kernel its number
     * @return results that it stores, or factors that it reads, as bfloat16
     */
    Set<Tensor> of(int kernel) {
        return ofKernels.get(kernel);
    }
}
