package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * What kernels become, one after the other: calls of device kernels and products by a library, with constants and
 * lists.
 */
final class Calls {
    private final ToLongFunction<Tensor> addresses;
    private final Lowering.Room room;
    private final List<Step> steps = new ArrayList<>();
    private final List<Float> constantValues = new ArrayList<>();
    private final List<Integer> listed = new ArrayList<>();

    /**
     * None yet.
     *
     * @param addresses where each operand is
     * @param room for what belongs to no operand
     */
    Calls(ToLongFunction<Tensor> addresses, Lowering.Room room) {
        this.addresses = addresses;
        this.room = room;
    }

    List<Step> steps() {
        return steps;
    }

    /** What must stand at the address of the constants. */
    List<Float> constantValues() {
        return constantValues;
    }

    /** What must stand at the address of the lists. */
    List<Integer> listed() {
        return listed;
    }

    /** Where kernels may use floats while they run. */
    long workspace() {
        return room.workspace();
    }

    void add(Step step) {
        steps.add(step);
    }

    long at(Tensor tensor) {
        return addresses.applyAsLong(tensor);
    }

    long at(Optional<Tensor> tensor) {
        return tensor.map(this::at).orElse((long) Arguments.NONE);
    }

    /** Where the first of some heads is. */
    long at(HeadRows heads) {
        return at(heads.tensor()) + heads.first();
    }

    long count(RowLimit limit) {
        return at(limit.count());
    }

    static int size(Tensor tensor) {
        return Math.toIntExact(tensor.shape().elements());
    }

    static int rows(Tensor tensor) {
        return tensor.shape().rows();
    }

    static int width(Tensor tensor) {
        return tensor.shape().columns();
    }

    static int groupsOf(int n, int size) {
        return (int) (((long) n + size - 1) / size);
    }

    long constant(float value) {
        constantValues.add(value);
        return room.constants() + constantValues.size() - 1;
    }

    /** Where a list of some words begins. */
    int list(int... words) {
        int address = room.lists() + listed.size();
        for (int word : words) {
            listed.add(word);
        }
        return address;
    }

    /** The address of a list of where heads are. */
    int places(HeadRows... operands) {
        int address = list();
        for (HeadRows heads : operands) {
            long first = at(heads);
            list(Address.place(first), heads.columns(), heads.run(), heads.step(), Address.bank(first));
        }
        return address;
    }

    /** Whether a device kernel rounds the factors of its products to bfloat16. */
    static int rounding(Precision precision) {
        return precision == Precision.BF16 ? 1 : 0;
    }

    void elements(Entry entry, Tensor over, long... arguments) {
        groups(entry, groupsOf(size(over), entry.threadsX() * ElementKernels.ELEMENTS), 1, arguments);
    }

    void groups(Entry entry, int groupsX, int groupsY, long... arguments) {
        if (groupsX > 0 && groupsY > 0) {
            steps.add(new Launch(entry, groupsX, groupsY, arguments));
        }
    }

    /** Where a factor of the next product is as float32. */
    long widened(Tensor factor) {
        if (factor.dtype() != DType.BF16) {
            return at(factor);
        }
        elements(Entry.WIDEN, factor, Arguments.NONE, at(factor), room.widened(), size(factor), width(factor));
        return room.widened();
    }

    /** Copies words of 32 bits, whatever they are. */
    void copyWords(Tensor source, Tensor target) {
        int words = Math.toIntExact(TornadoTensor.words(target));
        groups(
                Entry.COPY,
                groupsOf(words, Entry.COPY.threadsX() * ElementKernels.ELEMENTS),
                1,
                at(source),
                at(target),
                1,
                words,
                Arguments.NONE,
                0);
    }

    void copy(Tensor source, Tensor target, RowLimit limit) {
        elements(Entry.COPY, target, at(source), at(target), rows(target), width(target), count(limit), limit.first());
    }
}
