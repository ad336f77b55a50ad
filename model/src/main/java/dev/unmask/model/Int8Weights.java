package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

import java.util.Map;
import java.util.Optional;

/**
 * Weights in int8: a matrix of integers, and a scale for each row, which they are multiplied by. Matrices of linear
 * layers may be such, and a head of its own; embeddings, norms and biases are not.
 */
public final class Int8Weights {
    private static final String SUFFIX = "_scale";

    private Int8Weights() {}

    /**
     * The name of the scales of a weight.
     *
     * @param weight its name, in the model or in a file
     * @return the name with {@code _scale} after it
     */
    public static String scalesOf(String weight) {
        return weight + SUFFIX;
    }

    /**
     * Whether a parameter may be in int8.
     *
     * @param spec the parameter
     * @return true of a matrix of a linear layer
     */
    public static boolean mayBe(ParameterSpec spec) {
        return spec.shape().rank() == 2
                && (spec.name().startsWith(Parameters.BLOCKS)
                        || spec.name().equals(Parameters.HEAD + ".weight")
                        || spec.name().equals(Parameters.TRANSFORM + ".weight"));
    }

    /** The scales of a weight; empty if it is not in int8. */
    static Optional<Tensor> scales(ParameterSpec spec, Tensor weight, Map<String, Tensor> parameters) {
        if (weight.dtype() != DType.I8) {
            return Optional.empty();
        }
        Tensor scales = parameters.get(scalesOf(spec.name()));
        Shape expected = Shape.of(spec.shape().rows());
        if (scales == null || !mayBe(spec) || scales.dtype() != DType.F32 || !scales.shape().equals(expected)) {
            throw new InputException(
                    "model: found "
                            + weight
                            + (scales == null ? " without scales" : " with " + scales)
                            + ", expected "
                            + (mayBe(spec) ? scalesOf(spec.name()) + " F32" + expected : "F32 or BF16"));
        }
        return Optional.of(scales);
    }
}
