package dev.unmask.tests;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recording;

import java.lang.foreign.MemorySegment;

/** A backend that counts what it is asked for: each tensor is memory, each program may be. */
final class CountingBackend implements Backend {
    private final Backend inner;
    private int tensors;
    private int programs;

    CountingBackend(Backend inner) {
        this.inner = inner;
    }

    /** Tensors made, and programs compiled, since this was opened. */
    int asked() {
        return tensors + programs;
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
        tensors++;
        return inner.allocate(name, dtype, shape);
    }

    @Override
    public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
        tensors++;
        return inner.wrap(name, dtype, shape, data);
    }

    @Override
    public Tensor declare(String name, DType dtype, Shape shape) {
        return inner.declare(name, dtype, shape);
    }

    @Override
    public Program compile(Recording recording) {
        programs++;
        return inner.compile(recording);
    }

    @Override
    public void close() {
        inner.close();
    }
}
