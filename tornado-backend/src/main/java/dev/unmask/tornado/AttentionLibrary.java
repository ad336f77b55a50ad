package dev.unmask.tornado;

/** Attention and its gradient by kernels that are not TornadoVM's. */
interface AttentionLibrary {
    /** What messages call it. */
    String name();

    /** Gets ready to work for a queue; always before attention, and before its capture. */
    void prepare(NativeQueue queue);

    /** Adds a step to the work of the queue it is prepared for. */
    void attend(NativeQueue queue, FusedAttention step);
}
