package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * One AdamW update of one parameter (Loshchilov and Hutter, arXiv 1711.05101, as PyTorch computes it), with the
 * gradient first scaled by the clip factor {@code c = min(1, maxNorm / (sqrt(Σ squaredNorms) + 1e-6))}:
 *
 * <pre>
 * p *= 1 - lr · decay
 * m  = beta1 · m + (1 - beta1) · c·g
 * v  = beta2 · v + (1 - beta2) · (c·g)²
 * p -= lr / correction1 · m / (sqrt(v) / sqrt(correction2) + eps)        correction = 1 - beta^step
 * </pre>
 *
 * @param parameter F32, any shape, updated in place
 * @param gradient F32, the same shape
 * @param firstMoment F32, the same shape: {@code m}, updated in place
 * @param secondMoment F32, the same shape: {@code v}, updated in place
 * @param squaredNorms F32 {@code [S]}: the sums of squares of all gradients of the model
 * @param settings F32 {@code [8]}: at the indices of the constants of this class
 */
public record AdamW(
        Tensor parameter,
        Tensor gradient,
        Tensor firstMoment,
        Tensor secondMoment,
        Tensor squaredNorms,
        Tensor settings)
        implements Kernel {
    /** Index of the learning rate in the settings. */
    public static final int LEARNING_RATE = 0;

    /** Index of the decay rate of the first moment. */
    public static final int BETA1 = 1;

    /** Index of the decay rate of the second moment. */
    public static final int BETA2 = 2;

    /** Index of the term added to the denominator. */
    public static final int EPSILON = 3;

    /** Index of the weight decay. */
    public static final int WEIGHT_DECAY = 4;

    /** Index of {@code 1 - beta1^step}. */
    public static final int CORRECTION1 = 5;

    /** Index of {@code 1 - beta2^step}. */
    public static final int CORRECTION2 = 6;

    /** Index of the largest norm of all gradients together; infinity: no clipping. */
    public static final int MAX_NORM = 7;

    /** Number of settings. */
    public static final int SETTINGS = 8;

    /** Checks the operands. */
    public AdamW {
        Check.that("adamW")
                .dtype(DType.F32, parameter, gradient, firstMoment, secondMoment, squaredNorms, settings)
                .sameShape(parameter, gradient, firstMoment, secondMoment)
                .elements(settings, SETTINGS);
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(parameter, gradient, firstMoment, secondMoment, squaredNorms, settings);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(parameter, firstMoment, secondMoment);
    }
}
