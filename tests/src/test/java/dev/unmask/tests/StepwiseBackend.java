package dev.unmask.tests;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recording;

import java.lang.foreign.MemorySegment;

/** A backend that never sees a program as a whole: temporaries are memory, and kernels run one by one. */
final class StepwiseBackend implements Backend {
    private final Backend inner;

    StepwiseBackend(Backend inner) {
        this.inner = inner;
    }

    @Override
    public String name() {
        return inner.name();
    }

    @Override
    public String description() {
        return inner.description();
    }

    @Override
    public Tensor allocate(String name, DType dtype, Shape shape) {
        return inner.allocate(name, dtype, shape);
    }

    @Override
    public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
        return inner.wrap(name, dtype, shape, data);
    }

    @Override
    public Tensor declare(String name, DType dtype, Shape shape) {
        return inner.allocate(name, dtype, shape);
    }

    @Override
    public Program compile(Recording recording) {
        return new Program() {
            @Override
            public void run() {
                recording.kernels().forEach(inner::run);
            }

            @Override
            public long temporaryBytes() {
                return 0;
            }
        };
    }

    @Override
    public void close() {
        inner.close();
    }
}
