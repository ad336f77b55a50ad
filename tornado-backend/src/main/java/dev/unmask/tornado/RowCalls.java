package dev.unmask.tornado;

import static dev.unmask.tornado.Calls.groupsOf;
import static dev.unmask.tornado.Calls.rows;
import static dev.unmask.tornado.Calls.width;

import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.tensor.kernel.SumRows;
import dev.unmask.tensor.kernel.Truncate;

/** Kernels over whole rows as calls of device kernels. */
record RowCalls(Calls calls) {
    void lower(Truncate k) {
        calls.groups(
                Entry.TRUNCATE,
                rows(k.logits()),
                1,
                calls.at(k.logits()),
                calls.at(k.settings()),
                rows(k.logits()),
                width(k.logits()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(Penalize k) {
        calls.groups(
                Entry.PENALIZE,
                rows(k.logits()),
                1,
                calls.at(k.logits()),
                calls.at(k.seen()),
                calls.at(k.sequences()),
                calls.at(k.penalty()),
                rows(k.logits()),
                width(k.logits()),
                width(k.seen()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(EmbedBackward k) {
        calls.groups(
                Entry.EMBED_BACKWARD,
                rows(k.outGradient()),
                groupsOf(width(k.outGradient()), RowKernels.GROUP),
                calls.at(k.ids()),
                calls.at(k.outGradient()),
                calls.at(k.tableGradient()),
                rows(k.outGradient()),
                width(k.outGradient()));
    }

    void lower(SumRows k) {
        calls.groups(
                Entry.SUM_ROWS,
                groupsOf(width(k.x()), RowKernels.SQUARE),
                1,
                calls.at(k.x()),
                calls.at(k.sums()),
                rows(k.x()),
                width(k.x()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(LayerNorm k) {
        calls.groups(
                Entry.LAYER_NORM,
                rows(k.x()),
                1,
                calls.at(k.x()),
                calls.at(k.weight()),
                calls.constant(k.epsilon()),
                calls.at(k.out()),
                calls.at(k.mean()),
                calls.at(k.inverseDeviation()),
                rows(k.x()),
                width(k.x()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(LayerNormBackward k) {
        calls.groups(
                Entry.LAYER_NORM_BACKWARD,
                groupsOf(rows(k.x()), RowKernels.BLOCK),
                1,
                calls.at(k.x()),
                calls.at(k.weight()),
                calls.at(k.mean()),
                calls.at(k.inverseDeviation()),
                calls.at(k.outGradient()),
                calls.at(k.residual()),
                calls.at(k.xGradient()),
                rows(k.x()),
                width(k.x()),
                calls.count(k.limit()),
                k.limit().first(),
                calls.workspace());
        calls.groups(
                Entry.RMS_NORM_WEIGHT_GRADIENT,
                groupsOf(width(k.x()), RowKernels.SQUARE),
                1,
                calls.workspace(),
                calls.at(k.weightGradient()),
                rows(k.x()),
                width(k.x()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(RmsNorm k) {
        calls.groups(
                Entry.RMS_NORM,
                k.pieces(),
                1,
                calls.at(k.x()),
                calls.at(k.weight()),
                calls.constant(k.epsilon()),
                calls.at(k.out()),
                calls.at(k.inverseRms()),
                k.pieces(),
                k.width(),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(RmsNormBackward k) {
        calls.groups(
                Entry.RMS_NORM_BACKWARD,
                groupsOf(k.pieces(), RowKernels.BLOCK),
                1,
                calls.at(k.x()),
                calls.at(k.weight()),
                calls.at(k.inverseRms()),
                calls.at(k.outGradient()),
                calls.at(k.residual()),
                calls.at(k.xGradient()),
                k.pieces(),
                k.width(),
                calls.count(k.limit()),
                k.limit().first(),
                calls.workspace());
        calls.groups(
                Entry.RMS_NORM_WEIGHT_GRADIENT,
                groupsOf(k.width(), RowKernels.SQUARE),
                1,
                calls.workspace(),
                calls.at(k.weightGradient()),
                k.pieces(),
                k.width(),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(CrossEntropy k) {
        calls.groups(
                Entry.CROSS_ENTROPY,
                rows(k.logits()),
                1,
                calls.at(k.logits()),
                calls.at(k.targets()),
                calls.at(k.losses()),
                calls.at(k.logSumExp()),
                rows(k.logits()),
                width(k.logits()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(CrossEntropyBackward k) {
        calls.elements(
                Entry.CROSS_ENTROPY_BACKWARD,
                k.logits(),
                calls.at(k.logits()),
                calls.at(k.targets()),
                calls.at(k.weights()),
                calls.at(k.logSumExp()),
                calls.at(k.logitsGradient()),
                rows(k.logits()),
                width(k.logits()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(Choose k) {
        calls.groups(
                Entry.CHOOSE,
                rows(k.logits()),
                1,
                calls.at(k.logits()),
                calls.at(k.temperature()),
                calls.at(k.seed()),
                calls.at(k.keys()),
                calls.at(k.tokens()),
                calls.at(k.logConfidence()),
                calls.at(k.margin()),
                calls.at(k.entropy()),
                rows(k.logits()),
                width(k.logits()),
                calls.count(k.limit()),
                k.limit().first());
    }
}
