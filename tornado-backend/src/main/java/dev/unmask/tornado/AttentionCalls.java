package dev.unmask.tornado;

import static dev.unmask.tornado.Calls.groupsOf;
import static dev.unmask.tornado.Calls.size;

import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Kernel;

import java.util.Optional;

/**
 * Attention and its gradient without scores in memory, as products by a library, or as calls of device kernels.
 *
 * @param calls what they become
 * @param ways which there are to compute them
 */
record AttentionCalls(Calls calls, Ways ways) {
    /** Whether a kernel is attention that brings no scores to memory. */
    static boolean isFused(Kernel kernel, Ways ways) {
        return switch (kernel) {
            case Attention k -> ways.fused().test(k.precision()) && FusedAttention.fits(k);
            case AttentionBackward k -> ways.fused().test(k.precision()) && FusedAttention.fits(k);
            default -> false;
        };
    }

    /** What such a kernel is compiled for; empty if it is another one. */
    static Optional<AttentionTuning> tuning(Kernel kernel, Ways ways) {
        if (!isFused(kernel, ways)) {
            return Optional.empty();
        }
        return switch (kernel) {
            case Attention k -> Optional.of(AttentionTuning.of(k.size(), k.precision()));
            case AttentionBackward k -> Optional.of(AttentionTuning.of(k.size(), k.precision()));
            default -> Optional.empty();
        };
    }

    void lower(Attention k) {
        if (isFused(k, ways)) {
            FusedAttention.of(k, calls::at, calls.at(k.seen())).forEach(calls::add);
            return;
        }
        if (ways.multiplied().test(k.precision()) && AttentionProducts.fits(k)) {
            AttentionProducts.forward(k, calls::at, calls.at(k.seen()), calls.workspace(), calls::add);
            return;
        }
        calls.groups(
                Entry.ATTENTION,
                groupsOf(k.queryLength(), AttentionKernels.TILE),
                k.batch() * k.heads(),
                calls.places(k.queries(), k.keys(), k.values()),
                calls.at(k.seen()),
                calls.at(k.out()),
                calls.at(k.logSumExp()),
                k.heads(),
                k.groups(),
                k.size(),
                k.queryLength(),
                k.keyLength(),
                Calls.rounding(k.precision()));
    }

    void lower(AttentionBackward k) {
        if (isFused(k, ways)) {
            FusedAttention.of(k, calls::at, calls.at(k.seen())).forEach(calls::add);
            return;
        }
        long[] arguments = {
            calls.places(k.queries(), k.keys(), k.values(), k.queryGradient(), k.keyGradient(), k.valueGradient()),
            calls.at(k.seen()),
            calls.at(k.out()),
            calls.at(k.logSumExp()),
            k.heads(),
            k.groups(),
            k.size(),
            k.queryLength(),
            k.keyLength(),
            Calls.rounding(k.precision()),
            calls.at(k.outGradient()),
            calls.at(k.delta()),
            k.batch()
        };
        calls.groups(Entry.ATTENTION_DELTA, groupsOf(size(k.delta()), Entry.ATTENTION_DELTA.threadsX()), 1, arguments);
        if (ways.multiplied().test(k.precision()) && AttentionProducts.fits(k)) {
            AttentionProducts.backward(k, calls::at, calls.at(k.seen()), calls.workspace(), calls::add);
            return;
        }
        int queryTiles = groupsOf(k.queryLength(), AttentionKernels.TILE);
        int keyTiles = groupsOf(k.keyLength(), AttentionKernels.TILE);
        calls.groups(Entry.ATTENTION_QUERY_GRADIENT, queryTiles, k.batch() * k.heads(), arguments);
        calls.groups(Entry.ATTENTION_KEY_VALUE_GRADIENT, keyTiles, k.batch() * k.groups(), arguments);
    }
}
