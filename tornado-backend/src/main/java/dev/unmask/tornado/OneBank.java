package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/** Device kernels where there is one array of floats, by the names that profilers show. */
final class OneBank {
    private OneBank() {}

    static void fill(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.fill(k, new Banks(memory), words, turn);
    }

    static void copy(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.copy(k, new Banks(memory), words, turn);
    }

    static void copyWords(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.copyWords(k, new Banks(memory), words, turn);
    }

    static void add(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.add(k, new Banks(memory), words, turn);
    }

    static void addBias(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.addBias(k, new Banks(memory), words, turn);
    }

    static void dropout(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ChoiceKernels.dropout(k, new Banks(memory), words, turn);
    }

    static void movingAverage(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.movingAverage(k, new Banks(memory), words, turn);
    }

    static void scale(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.scale(k, new Banks(memory), words, turn);
    }

    static void gelu(KernelContext k, FloatArray memory, IntArray words, int turn) {
        UnitKernels.gelu(k, new Banks(memory), words, turn);
    }

    static void geluBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        UnitKernels.geluBackward(k, new Banks(memory), words, turn);
    }

    static void swiGlu(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.swiGlu(k, new Banks(memory), words, turn);
    }

    static void swiGluBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.swiGluBackward(k, new Banks(memory), words, turn);
    }

    static void widen(KernelContext k, IntArray memory, IntArray words, int turn) {
        WideningKernels.widen(k, new RawBanks(memory), words, turn);
    }

    static void embed(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.embed(k, new Banks(memory), words, turn);
    }

    static void gatherRows(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.gatherRows(k, new Banks(memory), words, turn);
    }

    static void scatterRows(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.scatterRows(k, new Banks(memory), words, turn);
    }

    static void scatterHeads(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.scatterHeads(k, new Banks(memory), words, turn);
    }

    static void rope(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.rope(k, new Banks(memory), words, turn);
    }

    static void guide(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.guide(k, new Banks(memory), words, turn);
    }

    static void crossEntropyBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ElementKernels.crossEntropyBackward(k, new Banks(memory), words, turn);
    }

    static void rmsNorm(KernelContext k, FloatArray memory, IntArray words, int turn) {
        RowKernels.rmsNorm(k, new Banks(memory), words, turn);
    }

    static void rmsNormBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        RowKernels.rmsNormBackward(k, new Banks(memory), words, turn);
    }

    static void rmsNormWeightGradient(KernelContext k, FloatArray memory, IntArray words, int turn) {
        RowKernels.rmsNormWeightGradient(k, new Banks(memory), words, turn);
    }

    static void layerNorm(KernelContext k, FloatArray memory, IntArray words, int turn) {
        LayerKernels.layerNorm(k, new Banks(memory), words, turn);
    }

    static void layerNormBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        LayerKernels.layerNormBackward(k, new Banks(memory), words, turn);
    }

    static void sumRows(KernelContext k, FloatArray memory, IntArray words, int turn) {
        LayerKernels.sumRows(k, new Banks(memory), words, turn);
    }

    static void embedBackward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        RowKernels.embedBackward(k, new Banks(memory), words, turn);
    }

    static void crossEntropy(KernelContext k, FloatArray memory, IntArray words, int turn) {
        RowKernels.crossEntropy(k, new Banks(memory), words, turn);
    }

    static void truncate(KernelContext k, FloatArray memory, IntArray words, int turn) {
        FilterKernels.truncate(k, new Banks(memory), words, turn);
    }

    static void penalize(KernelContext k, FloatArray memory, IntArray words, int turn) {
        FilterKernels.penalize(k, new Banks(memory), words, turn);
    }

    static void choose(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ChoiceKernels.choose(k, new Banks(memory), words, turn);
    }

    static void gemm(KernelContext k, FloatArray memory, IntArray words, int turn) {
        MatrixKernels.gemm(k, new Banks(memory), words, turn);
    }

    static void pack(KernelContext k, FloatArray memory, IntArray words, int turn) {
        MatrixKernels.pack(k, new Banks(memory), words, turn);
    }

    static void roundAll(KernelContext k, FloatArray memory, IntArray words, int turn) {
        MatrixKernels.roundAll(k, new Banks(memory), words, turn);
    }

    static void forward(KernelContext k, FloatArray memory, IntArray words, int turn) {
        AttentionKernels.forward(k, new Banks(memory), words, turn);
    }

    static void delta(KernelContext k, FloatArray memory, IntArray words, int turn) {
        AttentionKernels.delta(k, new Banks(memory), words, turn);
    }

    static void queryGradient(KernelContext k, FloatArray memory, IntArray words, int turn) {
        AttentionKernels.queryGradient(k, new Banks(memory), words, turn);
    }

    static void keyValueGradient(KernelContext k, FloatArray memory, IntArray words, int turn) {
        AttentionKernels.keyValueGradient(k, new Banks(memory), words, turn);
    }

    static void weights(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ScoreKernels.weights(k, new Banks(memory), words, turn);
    }

    static void gradient(KernelContext k, FloatArray memory, IntArray words, int turn) {
        ScoreKernels.gradient(k, new Banks(memory), words, turn);
    }

    static void squaresInParts(KernelContext k, FloatArray memory, IntArray words, int turn) {
        OptimizerKernels.squaresInParts(k, new Banks(memory), words, turn);
    }

    static void sumsOfParts(KernelContext k, FloatArray memory, IntArray words, int turn) {
        OptimizerKernels.sumsOfParts(k, new Banks(memory), words, turn);
    }

    static void adamW(KernelContext k, FloatArray memory, IntArray words, int turn) {
        OptimizerKernels.adamW(k, new Banks(memory), words, turn);
    }
}
