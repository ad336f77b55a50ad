package dev.unmask.train;

import dev.unmask.tensor.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * The sharing of an update among processes: each adds up the gradients of some parameters, holds their moments, updates
 * them, and gives them to the others. Every process makes the same calls in the same order.
 */
public interface UpdateShards {
    /**
     * Whether this process updates a parameter.
     *
     * @param name the parameter
     * @return whether it does, and no other
     */
    boolean owns(String name);

    /**
     * Makes numbers that each process has of the parameters it updates known to all.
     *
     * @param numbers one for each parameter, in their order; those of the others are filled in
     */
    void complete(float[] numbers);

    /**
     * Makes updates known to all.
     *
     * @param parameters float32, by name, all; those that other processes update receive their values
     */
    void share(Map<String, Tensor> parameters);

    /**
     * Brings to process 0 what each process has of the parameters it updates.
     *
     * @param own float32 tensors of their shapes, by the names of those parameters
     * @return in process 0 the numbers for every parameter, by its name, until this is called again or another step is
     *     made; in others nothing
     */
    Map<String, MemorySegment> collect(Map<String, Tensor> own);
}
