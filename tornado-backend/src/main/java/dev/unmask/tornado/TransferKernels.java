package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Copies between the memory of a device and the arrays that are carried to and from the host. */
final class TransferKernels {
    /** Threads of a group. */
    static final int GROUP = 64;

    private TransferKernels() {}

    /**
     * Makes an array be there; a group of threads. What is written without a condition is not copied from the host
     * before.
     */
    static void make(KernelContext k, FloatArray memory) {
        memory.set(k.globalIdx, 0f);
    }

    /** As {@link #make(KernelContext, FloatArray)}. */
    static void make(KernelContext k, IntArray words) {
        words.set(k.globalIdx, 0);
    }

    /** Makes an array all zeros. */
    static void clear(KernelContext k, FloatArray memory) {
        int i = k.globalIdx;
        if (i < memory.getSize()) {
            memory.set(i, 0f);
        }
    }

    /** As {@link #clear(KernelContext, FloatArray)}. */
    static void clear(KernelContext k, IntArray words) {
        int i = k.globalIdx;
        if (i < words.getSize()) {
            words.set(i, 0);
        }
    }

    /**
     * Request: place, n, which array. The acknowledgement makes the host wait until the staging array may be used
     * again.
     */
    static void put(KernelContext k, Banks memory, IntArray request, FloatArray staging, IntArray done) {
        int i = k.globalIdx;
        if (i < request.get(1)) {
            memory.set(request.get(2), request.get(0) + i, staging.get(i));
        }
        if (i == 0) {
            done.set(0, request.get(1));
        }
    }

    /** Request: address, n. */
    static void putWords(KernelContext k, IntArray words, IntArray request, IntArray staging, IntArray done) {
        int i = k.globalIdx;
        if (i < request.get(1)) {
            words.set(request.get(0) + i, staging.get(i));
        }
        if (i == 0) {
            done.set(0, request.get(1));
        }
    }

    /** Request: place, n, which array. */
    static void get(KernelContext k, Banks memory, IntArray request, FloatArray staging) {
        int i = k.globalIdx;
        float value = 0f;
        if (i < request.get(1)) {
            value = memory.get(request.get(2), request.get(0) + i);
        }
        staging.set(i, value);
    }

    /** Request: address, n. */
    static void getWords(KernelContext k, IntArray words, IntArray request, IntArray staging) {
        int i = k.globalIdx;
        int value = 0;
        if (i < request.get(1)) {
            value = words.get(request.get(0) + i);
        }
        staging.set(i, value);
    }
}
