package dev.unmask.model;

import dev.unmask.tensor.Shape;

/**
 * A parameter before it has numbers.
 *
 * @param name its name in checkpoints
 * @param shape its shape; a weight is {@code [out, in]}
 * @param deviation standard deviation of its initial normal distribution; 0: all ones, as norms start
 */
public record ParameterSpec(String name, Shape shape, double deviation) {
    /**
     * The weight of a norm.
     *
     * @param name its name in checkpoints
     * @param width its number of elements
     * @return the parameter, starting at ones
     */
    static ParameterSpec norm(String name, int width) {
        return new ParameterSpec(name, Shape.of(width), 0);
    }
}
