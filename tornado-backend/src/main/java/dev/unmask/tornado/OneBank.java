package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Device kernels where there is one array of floats, by the names that profilers show. */
final class OneBank {
    private OneBank() {}

    static void fill(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.fill(k, new Banks(memory), words);
    }

    static void copy(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.copy(k, new Banks(memory), words);
    }

    static void copyWords(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.copyWords(k, new Banks(memory), words);
    }

    static void add(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.add(k, new Banks(memory), words);
    }

    static void addBias(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.addBias(k, new Banks(memory), words);
    }

    static void dropout(KernelContext k, FloatArray memory, IntArray words) {
        ChoiceKernels.dropout(k, new Banks(memory), words);
    }

    static void movingAverage(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.movingAverage(k, new Banks(memory), words);
    }

    static void scale(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.scale(k, new Banks(memory), words);
    }

    static void gelu(KernelContext k, FloatArray memory, IntArray words) {
        UnitKernels.gelu(k, new Banks(memory), words);
    }

    static void geluBackward(KernelContext k, FloatArray memory, IntArray words) {
        UnitKernels.geluBackward(k, new Banks(memory), words);
    }

    static void swiGlu(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.swiGlu(k, new Banks(memory), words);
    }

    static void swiGluBackward(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.swiGluBackward(k, new Banks(memory), words);
    }

    static void widen(KernelContext k, IntArray memory, IntArray words) {
        WideningKernels.widen(k, new RawBanks(memory), words);
    }

    static void embed(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.embed(k, new Banks(memory), words);
    }

    static void gatherRows(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.gatherRows(k, new Banks(memory), words);
    }

    static void scatterRows(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.scatterRows(k, new Banks(memory), words);
    }

    static void scatterHeads(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.scatterHeads(k, new Banks(memory), words);
    }

    static void rope(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.rope(k, new Banks(memory), words);
    }

    static void guide(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.guide(k, new Banks(memory), words);
    }

    static void crossEntropyBackward(KernelContext k, FloatArray memory, IntArray words) {
        ElementKernels.crossEntropyBackward(k, new Banks(memory), words);
    }

    static void rmsNorm(KernelContext k, FloatArray memory, IntArray words) {
        RowKernels.rmsNorm(k, new Banks(memory), words);
    }

    static void rmsNormBackward(KernelContext k, FloatArray memory, IntArray words) {
        RowKernels.rmsNormBackward(k, new Banks(memory), words);
    }

    static void rmsNormWeightGradient(KernelContext k, FloatArray memory, IntArray words) {
        RowKernels.rmsNormWeightGradient(k, new Banks(memory), words);
    }

    static void layerNorm(KernelContext k, FloatArray memory, IntArray words) {
        LayerKernels.layerNorm(k, new Banks(memory), words);
    }

    static void layerNormBackward(KernelContext k, FloatArray memory, IntArray words) {
        LayerKernels.layerNormBackward(k, new Banks(memory), words);
    }

    static void sumRows(KernelContext k, FloatArray memory, IntArray words) {
        LayerKernels.sumRows(k, new Banks(memory), words);
    }

    static void embedBackward(KernelContext k, FloatArray memory, IntArray words) {
        RowKernels.embedBackward(k, new Banks(memory), words);
    }

    static void crossEntropy(KernelContext k, FloatArray memory, IntArray words) {
        RowKernels.crossEntropy(k, new Banks(memory), words);
    }

    static void truncate(KernelContext k, FloatArray memory, IntArray words) {
        FilterKernels.truncate(k, new Banks(memory), words);
    }

    static void penalize(KernelContext k, FloatArray memory, IntArray words) {
        FilterKernels.penalize(k, new Banks(memory), words);
    }

    static void choose(KernelContext k, FloatArray memory, IntArray words) {
        ChoiceKernels.choose(k, new Banks(memory), words);
    }

    static void gemm(KernelContext k, FloatArray memory, IntArray words) {
        MatrixKernels.gemm(k, new Banks(memory), words);
    }

    static void pack(KernelContext k, FloatArray memory, IntArray words) {
        MatrixKernels.pack(k, new Banks(memory), words);
    }

    static void roundAll(KernelContext k, FloatArray memory, IntArray words) {
        MatrixKernels.roundAll(k, new Banks(memory), words);
    }

    static void forward(KernelContext k, FloatArray memory, IntArray words) {
        AttentionKernels.forward(k, new Banks(memory), words);
    }

    static void delta(KernelContext k, FloatArray memory, IntArray words) {
        AttentionGradientKernels.delta(k, new Banks(memory), words);
    }

    static void queryGradient(KernelContext k, FloatArray memory, IntArray words) {
        AttentionGradientKernels.queryGradient(k, new Banks(memory), words);
    }

    static void keyValueGradient(KernelContext k, FloatArray memory, IntArray words) {
        AttentionGradientKernels.keyValueGradient(k, new Banks(memory), words);
    }

    static void weights(KernelContext k, FloatArray memory, IntArray words) {
        ScoreKernels.weights(k, new Banks(memory), words);
    }

    static void gradient(KernelContext k, FloatArray memory, IntArray words) {
        ScoreKernels.gradient(k, new Banks(memory), words);
    }

    static void squaresInParts(KernelContext k, FloatArray memory, IntArray words) {
        OptimizerKernels.squaresInParts(k, new Banks(memory), words);
    }

    static void sumsOfParts(KernelContext k, FloatArray memory, IntArray words) {
        OptimizerKernels.sumsOfParts(k, new Banks(memory), words);
    }

    static void adamW(KernelContext k, FloatArray memory, IntArray words) {
        OptimizerKernels.adamW(k, new Banks(memory), words);
    }
}
