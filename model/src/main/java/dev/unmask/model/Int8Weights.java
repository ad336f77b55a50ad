package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/**
 * Weights in int8: a matrix of integers, and a scale for each row, which they are multiplied by. Matrices of linear
 * layers may be such, and a head of its own; embeddings, norms and biases are not.
 */
public final class Int8Weights {
    /**
     * The weights' file name: another one than usual, since others' readers take integers for weights if they find
     * them, and would not look for scales.
     */
    public static final String FILE = "model.int8.safetensors";

    /** What {@code config.json} says of a published family's model with such weights, as it prints in JSON. */
    public static final String QUANTIZATION = "{\"quant_method\":\"unmask-int8\"}";

    /** The same, as keys. */
    static final Map<String, String> QUANTIZATION_KEYS = Map.of("quant_method", "unmask-int8");

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

    /**
     * Whether some weights are in int8.
     *
     * @param tensors of a model's files
     * @return true if one is
     */
    public static boolean among(Collection<StoredTensor> tensors) {
        return tensors.stream().anyMatch(tensor -> tensor.type() == StoredType.I8);
    }

    /**
     * Refuses to train a model with such weights, whether they are frozen or not: rounding has no gradient.
     *
     * @param files its weights
     * @throws InputException if some are in int8
     */
    public static void refuseTraining(WeightFiles files) {
        if (among(files.tensors())) {
            throw new InputException(
                    files.source()
                            + ": found weights in int8, which nothing can be trained with, adapters neither; start from"
                            + " the model that they were made of, or write it by unmask export --dtype bf16");
        }
    }

    /** The shape of the scales of a weight. */
    static Shape shapeOfScales(ParameterSpec spec) {
        return Shape.of(spec.shape().rows());
    }

    /** Why a tensor is not the scales of a weight. */
    static Optional<String> misfit(ParameterSpec spec, StoredTensor scales) {
        Shape expected = shapeOfScales(spec);
        return scales.type() == StoredType.F32 && scales.shape().equals(expected)
                ? Optional.empty()
                : Optional.of(
                        scales.name()
                                + ": found "
                                + scales.type()
                                + scales.shape()
                                + ", expected F32"
                                + expected
                                + ", a scale for each row of a weight in int8");
    }

    /** The scales of a weight; empty if it is not in int8. */
    static Optional<Tensor> scales(ParameterSpec spec, Tensor weight, Map<String, Tensor> parameters) {
        if (weight.dtype() != DType.I8) {
            return Optional.empty();
        }
        Tensor scales = parameters.get(scalesOf(spec.name()));
        Shape expected = shapeOfScales(spec);
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
