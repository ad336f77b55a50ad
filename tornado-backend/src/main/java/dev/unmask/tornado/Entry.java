package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task11;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task3;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** The device kernels that a program can call, with the threads of a group. */
enum Entry {
    FILL(
            ElementKernels::fill,
            OneBank::fill,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.fill(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    COPY(
            ElementKernels::copy,
            OneBank::copy,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.copy(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    COPY_WORDS(
            ElementKernels::copyWords,
            OneBank::copyWords,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.copyWords(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    ADD(
            ElementKernels::add,
            OneBank::add,
            (k, a, b, c, d, e, f, g, h, words, n) -> ElementKernels.add(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    ADD_BIAS(
            ElementKernels::addBias,
            OneBank::addBias,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.addBias(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    DROPOUT(
            ChoiceKernels::dropout,
            OneBank::dropout,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ChoiceKernels.dropout(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    MOVING_AVERAGE(
            ElementKernels::movingAverage,
            OneBank::movingAverage,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.movingAverage(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    SCALE(
            ElementKernels::scale,
            OneBank::scale,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.scale(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    GELU(
            UnitKernels::gelu,
            OneBank::gelu,
            (k, a, b, c, d, e, f, g, h, words, n) -> UnitKernels.gelu(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    GELU_BACKWARD(
            UnitKernels::geluBackward,
            OneBank::geluBackward,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    UnitKernels.geluBackward(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    SWIGLU(
            ElementKernels::swiGlu,
            OneBank::swiGlu,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.swiGlu(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    SWIGLU_BACKWARD(
            ElementKernels::swiGluBackward,
            OneBank::swiGluBackward,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.swiGluBackward(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    WIDEN(
            (k, memory, words) -> WideningKernels.widen(k, memory.raw(), words),
            OneBank::widen,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    WideningKernels.widen(k, new RawBanks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    EMBED(
            ElementKernels::embed,
            OneBank::embed,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.embed(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    GATHER_ROWS(
            ElementKernels::gatherRows,
            OneBank::gatherRows,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.gatherRows(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    SCATTER_ROWS(
            ElementKernels::scatterRows,
            OneBank::scatterRows,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.scatterRows(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    SCATTER_HEADS(
            ElementKernels::scatterHeads,
            OneBank::scatterHeads,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.scatterHeads(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    ROPE(
            ElementKernels::rope,
            OneBank::rope,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.rope(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    GUIDE(
            ElementKernels::guide,
            OneBank::guide,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.guide(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    CROSS_ENTROPY_BACKWARD(
            ElementKernels::crossEntropyBackward,
            OneBank::crossEntropyBackward,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ElementKernels.crossEntropyBackward(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    RMS_NORM(
            RowKernels::rmsNorm,
            OneBank::rmsNorm,
            (k, a, b, c, d, e, f, g, h, words, n) -> RowKernels.rmsNorm(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            RowKernels.GROUP,
            1),
    RMS_NORM_BACKWARD(
            RowKernels::rmsNormBackward,
            OneBank::rmsNormBackward,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    RowKernels.rmsNormBackward(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            RowKernels.GROUP,
            1),
    RMS_NORM_WEIGHT_GRADIENT(
            RowKernels::rmsNormWeightGradient,
            OneBank::rmsNormWeightGradient,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    RowKernels.rmsNormWeightGradient(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            RowKernels.SQUARE,
            RowKernels.SQUARE),
    LAYER_NORM(
            LayerKernels::layerNorm,
            OneBank::layerNorm,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    LayerKernels.layerNorm(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            LayerKernels.GROUP,
            1),
    LAYER_NORM_BACKWARD(
            LayerKernels::layerNormBackward,
            OneBank::layerNormBackward,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    LayerKernels.layerNormBackward(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            LayerKernels.GROUP,
            1),
    SUM_ROWS(
            LayerKernels::sumRows,
            OneBank::sumRows,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    LayerKernels.sumRows(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            RowKernels.SQUARE,
            RowKernels.SQUARE),
    EMBED_BACKWARD(
            RowKernels::embedBackward,
            OneBank::embedBackward,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    RowKernels.embedBackward(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            RowKernels.GROUP,
            1),
    CROSS_ENTROPY(
            RowKernels::crossEntropy,
            OneBank::crossEntropy,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    RowKernels.crossEntropy(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            RowKernels.GROUP,
            1),
    TRUNCATE(
            FilterKernels::truncate,
            OneBank::truncate,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    FilterKernels.truncate(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            FilterKernels.GROUP,
            1),
    PENALIZE(
            FilterKernels::penalize,
            OneBank::penalize,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    FilterKernels.penalize(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            FilterKernels.GROUP,
            1),
    CHOOSE(
            ChoiceKernels::choose,
            OneBank::choose,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ChoiceKernels.choose(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            ChoiceKernels.GROUP,
            1),
    GEMM(
            MatrixKernels::gemm,
            OneBank::gemm,
            (k, a, b, c, d, e, f, g, h, words, n) -> MatrixKernels.gemm(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            MatrixKernels.THREADS,
            MatrixKernels.THREADS),
    PACK(
            MatrixKernels::pack,
            OneBank::pack,
            (k, a, b, c, d, e, f, g, h, words, n) -> MatrixKernels.pack(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    ROUND(
            MatrixKernels::roundAll,
            OneBank::roundAll,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    MatrixKernels.roundAll(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    ATTENTION(
            AttentionKernels::forward,
            OneBank::forward,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    AttentionKernels.forward(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            AttentionKernels.TILE,
            AttentionKernels.TILE),
    ATTENTION_DELTA(
            AttentionGradientKernels::delta,
            OneBank::delta,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    AttentionGradientKernels.delta(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            64,
            1),
    ATTENTION_QUERY_GRADIENT(
            AttentionGradientKernels::queryGradient,
            OneBank::queryGradient,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    AttentionGradientKernels.queryGradient(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            AttentionKernels.TILE,
            AttentionKernels.TILE),
    ATTENTION_KEY_VALUE_GRADIENT(
            AttentionGradientKernels::keyValueGradient,
            OneBank::keyValueGradient,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    AttentionGradientKernels.keyValueGradient(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            AttentionKernels.TILE,
            AttentionKernels.TILE),
    ATTENTION_WEIGHTS(
            ScoreKernels::weights,
            OneBank::weights,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ScoreKernels.weights(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            ScoreKernels.GROUP,
            1),
    ATTENTION_SCORE_GRADIENT(
            ScoreKernels::gradient,
            OneBank::gradient,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    ScoreKernels.gradient(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            ScoreKernels.GROUP,
            1),
    SQUARES_IN_PARTS(
            OptimizerKernels::squaresInParts,
            OneBank::squaresInParts,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    OptimizerKernels.squaresInParts(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            OptimizerKernels.GROUP,
            1),
    SUMS_OF_PARTS(
            OptimizerKernels::sumsOfParts,
            OneBank::sumsOfParts,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    OptimizerKernels.sumsOfParts(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            OptimizerKernels.GROUP,
            1),
    ADAMW(
            OptimizerKernels::adamW,
            OneBank::adamW,
            (k, a, b, c, d, e, f, g, h, words, n) ->
                    OptimizerKernels.adamW(k, new Banks(a, b, c, d, e, f, g, h, n), words),
            OptimizerKernels.GROUP,
            1);

    /** What a kernel does, whatever the number of arrays. */
    interface Kernel {
        void run(KernelContext k, Banks memory, IntArray words);
    }

    /** A kernel as TornadoVM takes it where there is one array of floats. */
    interface OfOne extends Task3<KernelContext, FloatArray, IntArray> {}

    /** As {@link OfOne}, of a kernel to which it is an array of words. */
    interface RawOfOne extends Task3<KernelContext, IntArray, IntArray> {}

    /** A kernel as TornadoVM takes it where there are several, with their number, which is compiled into it. */
    interface OfSeveral extends Several<FloatArray> {}

    /** As {@link OfSeveral}, of a kernel to which they are arrays of words. */
    interface RawOfSeveral extends Several<IntArray> {}

    private interface Several<A> extends Task11<KernelContext, A, A, A, A, A, A, A, A, IntArray, Integer> {}

    private final Kernel kernel;
    private final Task3<KernelContext, FloatArray, IntArray> ofOne;
    private final Several<FloatArray> ofSeveral;
    private final int threadsX;
    private final int threadsY;

    Entry(Kernel kernel, OfOne ofOne, OfSeveral ofSeveral, int threadsX, int threadsY) {
        this.kernel = kernel;
        this.ofOne = ofOne;
        this.ofSeveral = ofSeveral;
        this.threadsX = threadsX;
        this.threadsY = threadsY;
    }

    /** Nobody calls what TornadoVM compiles, so that no array is ever looked at as what it is not. */
    @SuppressWarnings("unchecked")
    Entry(Kernel kernel, RawOfOne ofOne, RawOfSeveral ofSeveral, int threadsX, int threadsY) {
        this.kernel = kernel;
        this.ofOne = (Task3<KernelContext, FloatArray, IntArray>) (Object) ofOne;
        this.ofSeveral = (Several<FloatArray>) (Object) ofSeveral;
        this.threadsX = threadsX;
        this.threadsY = threadsY;
    }

    Kernel kernel() {
        return kernel;
    }

    Task3<KernelContext, FloatArray, IntArray> ofOne() {
        return ofOne;
    }

    Several<FloatArray> ofSeveral() {
        return ofSeveral;
    }

    int threadsX() {
        return threadsX;
    }

    int threadsY() {
        return threadsY;
    }
}
