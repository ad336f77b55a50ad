package dev.unmask.tensor.program;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;

import java.util.List;

/**
 * What a {@link Recorder} has written down.
 *
 * @param kernels the kernels in the order in which they run
 * @param temporaries the tensors that exist only inside the program
 */
public record Recording(List<Kernel> kernels, List<Tensor> temporaries) {
    /** Takes copies. */
    public Recording {
        kernels = List.copyOf(kernels);
        temporaries = List.copyOf(temporaries);
    }
}
