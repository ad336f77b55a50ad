package dev.unmask.tensor.reference;

import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

/** Operands of small cases: sines of a phase that moves on with every tensor, few integers. */
final class SmallOperands {
    private final SmallCases.Operands source;
    private int phase;

    SmallOperands(SmallCases.Operands source) {
        this.source = source;
    }

    Tensor floats(int... extents) {
        Shape shape = Shape.of(extents);
        return source.floats(sines(shape), shape);
    }

    Tensor bfloats(int... extents) {
        Shape shape = Shape.of(extents);
        return source.bfloats(sines(shape), shape);
    }

    private float[] sines(Shape shape) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(0.7 * i + phase);
        }
        phase++;
        return values;
    }

    Tensor floatsOf(float... values) {
        return source.floats(values, Shape.of(values.length));
    }

    Tensor integersOf(int... values) {
        return source.integers(values, Shape.of(values.length));
    }

    /** {@link SmallCases#ROWS} multiples of a factor that is prime to the bound: all different. */
    Tensor integers(int factor, int bound) {
        int[] values = new int[SmallCases.ROWS];
        for (int i = 0; i < values.length; i++) {
            values[i] = i * factor % bound;
        }
        return integersOf(values);
    }

    RowLimit limit(int entries, int first) {
        return RowLimit.of(integersOf(entries), first);
    }

    Tensor floats(float[] values, Shape shape) {
        return source.floats(values, shape);
    }

    Tensor integers(int[] values, Shape shape) {
        return source.integers(values, shape);
    }
}
