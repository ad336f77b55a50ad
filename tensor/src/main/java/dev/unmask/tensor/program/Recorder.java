package dev.unmask.tensor.program;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;

import java.util.ArrayList;
import java.util.List;

/** Writes down the kernels of a program; nothing is computed while recording. */
public final class Recorder {
    private final Backend backend;
    private final List<Kernel> kernels = new ArrayList<>();
    private final List<Tensor> temporaries = new ArrayList<>();

    /**
     * An empty recording.
     *
     * @param backend whose tensors the kernels use
     */
    public Recorder(Backend backend) {
        this.backend = backend;
    }

    /**
     * Adds a kernel.
     *
     * @param kernel runs after all kernels added before
     * @throws InputException if the backend has no code for it; the message says why and what to do
     */
    public void add(Kernel kernel) {
        backend.unsupported(kernel)
                .ifPresent(reason -> {
                    throw new InputException(
                            "backend "
                                    + backend.name()
                                    + " cannot run this model: "
                                    + kernel.getClass().getSimpleName()
                                    + " "
                                    + reason
                                    + "; use another one, such as --backend vector");
                });
        kernels.add(kernel);
    }

    /**
     * Declares a tensor that exists only inside the program. Its first use must be a kernel that writes it; it shares
     * memory with temporaries that are no longer, or not yet, in use.
     *
     * @param name what messages call it
     * @param dtype the element type
     * @param shape the extents
     * @return the tensor
     */
    public Tensor temporary(String name, DType dtype, Shape shape) {
        Tensor tensor = backend.declare(name, dtype, shape);
        temporaries.add(tensor);
        return tensor;
    }

    /**
     * What has been written down so far.
     *
     * @return the kernels and temporaries
     */
    public Recording recording() {
        return new Recording(kernels, temporaries);
    }
}
