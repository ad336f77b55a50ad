package dev.unmask.model;

import dev.unmask.tensor.Shape;

/**
 * A parameter before it has numbers.
 *
 * @param name its name in checkpoints
 * @param shape its shape; a weight is {@code [out, in]}
 * @param mean of its initial normal distribution
 * @param deviation standard deviation of its initial normal distribution; 0: all elements are the mean
 */
public record ParameterSpec(String name, Shape shape, double mean, double deviation) {
    /**
     * A weight.
     *
     * @param name its name in checkpoints
     * @param deviation of its initial normal distribution
     * @param extents its shape
     * @return the parameter, starting around zero
     */
    static ParameterSpec weight(String name, double deviation, int... extents) {
        return new ParameterSpec(name, Shape.of(extents), 0, deviation);
    }

    /**
     * A bias.
     *
     * @param name its name in checkpoints
     * @param width its number of elements
     * @return the parameter, starting at zeros
     */
    static ParameterSpec bias(String name, int width) {
        return new ParameterSpec(name, Shape.of(width), 0, 0);
    }

    /**
     * The weight of a norm.
     *
     * @param name its name in checkpoints
     * @param width its number of elements
     * @return the parameter, starting at ones
     */
    static ParameterSpec norm(String name, int width) {
        return new ParameterSpec(name, Shape.of(width), 1, 0);
    }
}
