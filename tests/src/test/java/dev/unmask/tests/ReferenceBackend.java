package dev.unmask.tests;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.MemoryPlan;
import dev.unmask.tensor.Program;
import dev.unmask.tensor.Recording;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A backend that keeps float64 and runs {@link ReferenceKernels}: slow, and accurate enough for finite differences.
 * Temporaries are not a number until a kernel writes them, so that whoever reads too early is found out.
 */
final class ReferenceBackend implements Backend {
    private static final class ReferenceTensor extends Tensor {
        private final HostTensor host;
        private final boolean temporary;

        ReferenceTensor(String name, DType dtype, Shape shape, boolean temporary) {
            super(name, dtype, shape);
            this.host = new HostTensor(dtype, shape);
            this.temporary = temporary;
        }

        @Override
        public void upload(MemorySegment source) {
            requireMemory();
            requireLength(source);
            host.read(source);
        }

        @Override
        protected void copyTo(long first, MemorySegment target) {
            requireMemory();
            host.write(Math.toIntExact(first), target);
        }

        private void requireMemory() {
            if (temporary) {
                throw new IllegalStateException(this + " is temporary; copy it to a tensor that is not");
            }
        }
    }

    /** The float64 elements of a tensor of this backend, to read or to change. */
    static double[] values(Tensor tensor) {
        return host(tensor).values;
    }

    private static HostTensor host(Tensor tensor) {
        if (tensor instanceof ReferenceTensor own) {
            return own.host;
        }
        throw new IllegalArgumentException(tensor + " belongs to another backend than reference");
    }

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public String description() {
        return "plain loops in float64";
    }

    @Override
    public Tensor allocate(String name, DType dtype, Shape shape) {
        return new ReferenceTensor(name, dtype, shape, false);
    }

    @Override
    public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
        Tensor tensor = allocate(name, dtype, shape);
        tensor.upload(data);
        return tensor;
    }

    @Override
    public Tensor declare(String name, DType dtype, Shape shape) {
        return new ReferenceTensor(name, dtype, shape, true);
    }

    @Override
    public Program compile(Recording recording) {
        MemoryPlan plan = MemoryPlan.of(recording, Double.BYTES);
        ReferenceKernels kernels = new ReferenceKernels(ReferenceBackend::host);
        return new Program() {
            @Override
            public void run() {
                for (Tensor temporary : recording.temporaries()) {
                    Arrays.fill(host(temporary).values, Double.NaN);
                    Arrays.fill(host(temporary).ints, Integer.MIN_VALUE);
                }
                for (Kernel kernel : recording.kernels()) {
                    kernels.run(kernel);
                }
            }

            @Override
            public long temporaryBytes() {
                return plan.bytes();
            }
        };
    }

    @Override
    public void close() {
        // Nothing is held but memory of the Java heap.
    }
}
