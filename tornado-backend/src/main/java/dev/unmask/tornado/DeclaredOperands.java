package dev.unmask.tornado;

import dev.unmask.tensor.BFloat16;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.reference.SmallCases;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Operands without memory, which lie one after the other once it is known where the first ones are. */
final class DeclaredOperands implements SmallCases.Operands {
    private final DeviceMemory memory;
    private final Map<Tensor, Integer> offsets = new IdentityHashMap<>();
    private final List<float[]> floats = new ArrayList<>();
    private final List<int[]> words = new ArrayList<>();
    private int floatElements;
    private int wordElements;

    DeclaredOperands(DeviceMemory memory) {
        this.memory = memory;
    }

    @Override
    public Tensor floats(float[] values, Shape shape) {
        Tensor tensor = TornadoTensor.declare(memory, "self-test", DType.F32, shape);
        offsets.put(tensor, floatElements);
        floats.add(values);
        floatElements += values.length;
        return tensor;
    }

    @Override
    public Tensor bfloats(float[] values, Shape shape) {
        Tensor tensor = TornadoTensor.declare(memory, "self-test", DType.BF16, shape);
        float[] pairs = new float[Math.toIntExact(TornadoTensor.words(tensor))];
        MemorySegment halves = MemorySegment.ofArray(pairs);
        for (int i = 0; i < values.length; i++) {
            halves.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, BFloat16.bits(values[i]));
        }
        offsets.put(tensor, floatElements);
        floats.add(pairs);
        floatElements += pairs.length;
        return tensor;
    }

    @Override
    public Tensor integers(int[] values, Shape shape) {
        Tensor tensor = TornadoTensor.declare(memory, "self-test", DType.I32, shape);
        offsets.put(tensor, wordElements);
        words.add(values);
        wordElements += values.length;
        return tensor;
    }

    /** Words of 32 bits of all tensors of floats and of bfloat16. */
    int floatElements() {
        return floatElements;
    }

    /** Elements of all tensors of integers. */
    int wordElements() {
        return wordElements;
    }

    /** Where a tensor is, if the first ones are there. */
    long address(Tensor tensor, long firstFloat, long firstWord) {
        return offsets.get(tensor) + (tensor.dtype() == DType.I32 ? firstWord : firstFloat);
    }

    /** The elements of all tensors of floats, and zeros up to a length. */
    float[] floats(int length) {
        float[] all = new float[length];
        int at = 0;
        for (float[] values : floats) {
            System.arraycopy(values, 0, all, at, values.length);
            at += values.length;
        }
        return all;
    }

    /** The elements of all tensors of integers, then others. */
    int[] wordsAnd(int... others) {
        return IntStream.concat(words.stream().flatMapToInt(Arrays::stream), Arrays.stream(others)).toArray();
    }
}
