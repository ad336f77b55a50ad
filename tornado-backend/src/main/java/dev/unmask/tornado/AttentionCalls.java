package dev.unmask.tornado;

import static dev.unmask.tornado.Calls.groupsOf;
import static dev.unmask.tornado.Calls.size;

import dev.unmask.tensor.Precision;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;

import java.util.function.Predicate;

/**
 * Attention and its gradient as products by a library, or as calls of device kernels.
 *
 * @param calls what they become
 * @param multiplied in which precisions a library computes products
 */
record AttentionCalls(Calls calls, Predicate<Precision> multiplied) {
    void lower(Attention k) {
        if (multiplied.test(k.precision()) && AttentionProducts.fits(k)) {
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
        int[] arguments = {
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
        if (multiplied.test(k.precision()) && AttentionProducts.fits(k)) {
            AttentionProducts.backward(k, calls::at, calls.at(k.seen()), calls.workspace(), calls::add);
            return;
        }
        int queryTiles = groupsOf(k.queryLength(), AttentionKernels.TILE);
        int keyTiles = groupsOf(k.keyLength(), AttentionKernels.TILE);
        calls.groups(Entry.ATTENTION_QUERY_GRADIENT, queryTiles, k.batch() * k.heads(), arguments);
        calls.groups(Entry.ATTENTION_KEY_VALUE_GRADIENT, keyTiles, k.batch() * k.groups(), arguments);
    }
}
