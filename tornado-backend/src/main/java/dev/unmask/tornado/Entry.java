package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task4;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The device kernels that a program can call, with the threads of a group. */
enum Entry {
    FILL(ElementKernels::fill, 64, 1),
    COPY(ElementKernels::copy, 64, 1),
    COPY_WORDS(ElementKernels::copyWords, 64, 1),
    ADD(ElementKernels::add, 64, 1),
    ADD_BIAS(ElementKernels::addBias, 64, 1),
    DROPOUT(ChoiceKernels::dropout, 64, 1),
    MOVING_AVERAGE(ElementKernels::movingAverage, 64, 1),
    SCALE(ElementKernels::scale, 64, 1),
    GELU(UnitKernels::gelu, 64, 1),
    GELU_BACKWARD(UnitKernels::geluBackward, 64, 1),
    SWIGLU(ElementKernels::swiGlu, 64, 1),
    SWIGLU_BACKWARD(ElementKernels::swiGluBackward, 64, 1),
    EMBED(ElementKernels::embed, 64, 1),
    GATHER_ROWS(ElementKernels::gatherRows, 64, 1),
    SCATTER_ROWS(ElementKernels::scatterRows, 64, 1),
    SCATTER_HEADS(ElementKernels::scatterHeads, 64, 1),
    ROPE(ElementKernels::rope, 64, 1),
    GUIDE(ElementKernels::guide, 64, 1),
    CROSS_ENTROPY_BACKWARD(ElementKernels::crossEntropyBackward, 64, 1),
    RMS_NORM(RowKernels::rmsNorm, RowKernels.GROUP, 1),
    RMS_NORM_BACKWARD(RowKernels::rmsNormBackward, RowKernels.GROUP, 1),
    RMS_NORM_WEIGHT_GRADIENT(RowKernels::rmsNormWeightGradient, RowKernels.SQUARE, RowKernels.SQUARE),
    LAYER_NORM(LayerKernels::layerNorm, LayerKernels.GROUP, 1),
    LAYER_NORM_BACKWARD(LayerKernels::layerNormBackward, LayerKernels.GROUP, 1),
    SUM_ROWS(LayerKernels::sumRows, RowKernels.SQUARE, RowKernels.SQUARE),
    EMBED_BACKWARD(RowKernels::embedBackward, RowKernels.GROUP, 1),
    CROSS_ENTROPY(RowKernels::crossEntropy, RowKernels.GROUP, 1),
    TRUNCATE(FilterKernels::truncate, FilterKernels.GROUP, 1),
    PENALIZE(FilterKernels::penalize, FilterKernels.GROUP, 1),
    CHOOSE(ChoiceKernels::choose, ChoiceKernels.GROUP, 1),
    GEMM(MatrixKernels::gemm, MatrixKernels.THREADS, MatrixKernels.THREADS),
    PACK(MatrixKernels::pack, 64, 1),
    ROUND(MatrixKernels::roundAll, 64, 1),
    ATTENTION(AttentionKernels::forward, AttentionKernels.TILE, AttentionKernels.TILE),
    ATTENTION_DELTA(AttentionKernels::delta, 64, 1),
    ATTENTION_QUERY_GRADIENT(AttentionKernels::queryGradient, AttentionKernels.TILE, AttentionKernels.TILE),
    ATTENTION_KEY_VALUE_GRADIENT(AttentionKernels::keyValueGradient, AttentionKernels.TILE, AttentionKernels.TILE),
    ATTENTION_WEIGHTS(ScoreKernels::weights, ScoreKernels.GROUP, 1),
    ATTENTION_SCORE_GRADIENT(ScoreKernels::gradient, ScoreKernels.GROUP, 1),
    SQUARES_IN_PARTS(OptimizerKernels::squaresInParts, OptimizerKernels.GROUP, 1),
    SUMS_OF_PARTS(OptimizerKernels::sumsOfParts, OptimizerKernels.GROUP, 1),
    ADAMW(OptimizerKernels::adamW, OptimizerKernels.GROUP, 1);

    private final Task4<KernelContext, FloatArray, IntArray, Integer> kernel;
    private final int threadsX;
    private final int threadsY;

    Entry(Task4<KernelContext, FloatArray, IntArray, Integer> kernel, int threadsX, int threadsY) {
        this.kernel = kernel;
        this.threadsX = threadsX;
        this.threadsY = threadsY;
    }

    Task4<KernelContext, FloatArray, IntArray, Integer> kernel() {
        return kernel;
    }

    int threadsX() {
        return threadsX;
    }

    int threadsY() {
        return threadsY;
    }
}
