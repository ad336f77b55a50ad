package dev.unmask.tests;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.Tensor.Origin;
import dev.unmask.tensor.Turns;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.MemoryPlan;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.ProgramGuard;
import dev.unmask.tensor.program.Recording;
import dev.unmask.tensor.reference.HostTensor;
import dev.unmask.tensor.reference.ReferenceKernels;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A backend that keeps float64 and runs {@link ReferenceKernels}: slow, and accurate enough for finite differences.
 * Temporaries are not a number until a kernel writes them, so that whoever reads too early is found out.
 */
final class ExactBackend implements Backend {
    private static final class ExactTensor extends Tensor {
        private final HostTensor host;

        ExactTensor(Turns turns, Origin origin, String name, DType dtype, Shape shape) {
            super(turns, origin, name, dtype, shape);
            this.host = new HostTensor(dtype, shape);
        }

        @Override
        protected void copyFrom(MemorySegment source) {
            host.read(source);
        }

        @Override
        protected void copyTo(long first, MemorySegment target) {
            host.write(Math.toIntExact(first), target);
        }
    }

    private final Turns turns = new Turns("exact");

    /** The float64 elements of a tensor of this backend, to read or to change. */
    static double[] values(Tensor tensor) {
        return host(tensor).values();
    }

    private static HostTensor host(Tensor tensor) {
        if (tensor instanceof ExactTensor own) {
            return own.host;
        }
        throw new IllegalArgumentException(tensor + " belongs to another backend than exact");
    }

    @Override
    public String name() {
        return "exact";
    }

    @Override
    public String description() {
        return "plain loops in float64";
    }

    @Override
    public Tensor allocate(String name, DType dtype, Shape shape) {
        return make(Origin.ALLOCATED, name, dtype, shape);
    }

    private ExactTensor make(Origin origin, String name, DType dtype, Shape shape) {
        turns.begin("make ", name);
        try {
            return new ExactTensor(turns, origin, name, dtype, shape);
        } finally {
            turns.end();
        }
    }

    @Override
    public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
        ExactTensor tensor = make(Origin.WRAPPED, name, dtype, shape);
        tensor.requireLength(data);
        tensor.copyFrom(data);
        return tensor;
    }

    @Override
    public Tensor declare(String name, DType dtype, Shape shape) {
        return make(Origin.DECLARED, name, dtype, shape);
    }

    @Override
    public Program compile(Recording recording) {
        turns.begin("compile", "");
        try {
            return program(recording, new ProgramGuard(recording, turns));
        } finally {
            turns.end();
        }
    }

    private static Program program(Recording recording, ProgramGuard guard) {
        MemoryPlan plan = MemoryPlan.of(recording, Double.BYTES);
        ReferenceKernels kernels = new ReferenceKernels(ExactBackend::host);
        return new Program() {
            @Override
            public void run() {
                guard.run(this::replay);
            }

            private void replay() {
                for (Tensor temporary : recording.temporaries()) {
                    Arrays.fill(host(temporary).values(), Double.NaN);
                    Arrays.fill(host(temporary).ints(), Integer.MIN_VALUE);
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
        turns.close();
    }
}
