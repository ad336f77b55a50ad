package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A tensor on a device: a piece of its memory, or a temporary without one. Two elements of BF16 are a word of 32 bits,
 * in the arrays of floats.
 */
final class TornadoTensor extends Tensor {
    private final DeviceMemory memory;
    private final Optional<DeviceMemory.Block> block;

    /** What the one integer of this tensor is, while the host knows. */
    private OptionalInt mirror = OptionalInt.empty();

    private TornadoTensor(DeviceMemory memory, Origin origin, String name, DType dtype, Shape shape) {
        super(memory.turns(), origin, name, dtype, shape);
        this.memory = memory;
        this.block =
                origin == Origin.DECLARED
                        ? Optional.empty()
                        : Optional.of(memory.allocate(this, toString(), dtype == DType.I32, words(this)));
    }

    /** A tensor of zeros. */
    static TornadoTensor allocate(DeviceMemory memory, String name, DType dtype, Shape shape) {
        TornadoTensor tensor = new TornadoTensor(memory, Origin.ALLOCATED, name, dtype, shape);
        tensor.clear();
        return tensor;
    }

    /** A tensor of given elements that must only be read. */
    static TornadoTensor wrap(DeviceMemory memory, String name, DType dtype, Shape shape, MemorySegment data) {
        TornadoTensor tensor = new TornadoTensor(memory, Origin.WRAPPED, name, dtype, shape);
        tensor.requireLength(data);
        tensor.copyFrom(data);
        return tensor;
    }

    /** A tensor that a program gives memory. */
    static TornadoTensor declare(DeviceMemory memory, String name, DType dtype, Shape shape) {
        return new TornadoTensor(memory, Origin.DECLARED, name, dtype, shape);
    }

    /** Words of 32 bits that a tensor takes. */
    static long words(Tensor tensor) {
        return (tensor.bytes() + Integer.BYTES - 1) / Integer.BYTES;
    }

    /** Where the elements are, in floats or in words. */
    long address() {
        return block.orElseThrow().address();
    }

    /** Whether it is no temporary. */
    boolean hasMemory() {
        return block.isPresent();
    }

    /** The one integer of this tensor; a program that wrote it has ended. */
    int number() {
        if (mirror.isEmpty()) {
            mirror = OptionalInt.of(ints()[0]);
        }
        return mirror.getAsInt();
    }

    /** A program wrote the one integer of this tensor. */
    void forgetNumber() {
        mirror = OptionalInt.empty();
    }

    /** Makes all elements zero. */
    private void clear() {
        DevicePlan plan = memory.plan();
        boolean integers = dtype() == DType.I32;
        long elements = words(this);
        int most = (int) Math.min(Transfers.LARGE, elements);
        for (long from = 0; from < elements; from += most) {
            int n = (int) Math.min(most, elements - from);
            if (from == 0 || n < most) {
                zeroStaging(plan, integers, n);
            }
            if (integers) {
                plan.putWords((int) (address() + from), n);
            } else {
                plan.put(address() + from, n);
            }
        }
    }

    private static void zeroStaging(DevicePlan plan, boolean integers, int n) {
        if (integers) {
            plan.words(n).init(0);
        } else {
            plan.floats(n).init(0);
        }
    }

    @Override
    protected void copyFrom(MemorySegment source) {
        long address = address();
        switch (dtype()) {
            case F32 -> Transfers.uploadFloats(memory.plan(), address, source);
            case BF16 -> Transfers.uploadBfloats(memory.plan(), address, source);
            case I8 -> throw noBytes();
            case I32 -> {
                Transfers.uploadWords(memory.plan(), (int) address, source);
                mirror =
                        shape().elements() == 1
                                ? OptionalInt.of(source.get(ValueLayout.JAVA_INT_UNALIGNED, 0))
                                : OptionalInt.empty();
            }
        }
    }

    @Override
    protected void copyTo(long first, MemorySegment target) {
        long address = address();
        switch (dtype()) {
            case F32 -> Transfers.downloadFloats(memory.plan(), address + first, target);
            case BF16 -> Transfers.downloadBfloats(memory.plan(), address, first, target);
            case I8 -> throw noBytes();
            case I32 -> Transfers.downloadWords(memory.plan(), (int) (address + first), target);
        }
    }

    /** The device has no kernel that reads them; see {@link Lowering#unsupported}. */
    private IllegalStateException noBytes() {
        return new IllegalStateException(this + ": this backend holds no int8, expected F32, BF16 or I32");
    }
}
