package dev.unmask.tensor.reference;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.Turns;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recording;

import java.lang.foreign.MemorySegment;

/**
 * Plain loops of one thread: elements are stored as their dtype says, what a kernel does with them is float64, see
 * {@link ReferenceKernels}, and each result is rounded once.
 */
final class ReferenceBackend implements Backend {
    static final String NAME = "reference";
    static final String DESCRIPTION = "reference: plain loops of one thread in float64, far slower than any other";

    private final Turns turns = new Turns(NAME);

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String description() {
        return DESCRIPTION;
    }

    @Override
    public Tensor allocate(String name, DType dtype, Shape shape) {
        turns.begin("allocate ", name);
        try {
            return ReferenceTensor.allocate(turns, name, dtype, shape);
        } finally {
            turns.end();
        }
    }

    @Override
    public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
        turns.begin("wrap ", name);
        try {
            ReferenceTensor.declare(turns, name, dtype, shape).requireLength(data);
            return ReferenceTensor.wrap(turns, name, dtype, shape, data);
        } finally {
            turns.end();
        }
    }

    @Override
    public Tensor declare(String name, DType dtype, Shape shape) {
        turns.begin("declare ", name);
        try {
            return ReferenceTensor.declare(turns, name, dtype, shape);
        } finally {
            turns.end();
        }
    }

    @Override
    public Program compile(Recording recording) {
        turns.begin("compile", "");
        try {
            return new ReferenceProgram(recording, turns);
        } finally {
            turns.end();
        }
    }

    @Override
    public void close() {
        turns.close();
    }
}
