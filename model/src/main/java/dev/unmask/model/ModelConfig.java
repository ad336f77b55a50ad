package dev.unmask.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;

import java.util.ArrayList;
import java.util.List;

/**
 * The size and kind of a transformer (METHOD §1): what {@code config.json} holds.
 *
 * @param layers number of blocks
 * @param headCount number of query heads {@code H}
 * @param width width of the residual stream {@code C}
 * @param hidden width of the gated MLP {@code F}
 * @param vocabulary number of text tokens {@code V}, the mask token not counted
 * @param queryGroups number of key and value heads {@code G}; divides {@code headCount}
 * @param causal false: a masked diffusion model; true: the autoregressive baseline
 * @param normEpsilon added to the mean of squares in each norm
 * @param ropeBase base of the rotary angles
 * @param ropeBf16 whether the rotary table is rounded to bfloat16, as published SMDM checkpoints were trained
 * @param maxLength longest sequence {@code T}
 */
@JsonPropertyOrder({
    "n_layer",
    "n_head",
    "n_embd",
    "intermediate_size",
    "vocab_size",
    "n_query_groups",
    "causal",
    "norm_eps",
    "rope_base",
    "rope_bf16",
    "block_size"
})
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ModelConfig(
        @JsonProperty("n_layer") int layers,
        @JsonProperty("n_head") int headCount,
        @JsonProperty("n_embd") int width,
        @JsonProperty("intermediate_size") int hidden,
        @JsonProperty("vocab_size") int vocabulary,
        @JsonProperty("n_query_groups") int queryGroups,
        @JsonProperty("causal") boolean causal,
        @JsonProperty("norm_eps") float normEpsilon,
        @JsonProperty("rope_base") double ropeBase,
        @JsonProperty("rope_bf16") boolean ropeBf16,
        @JsonProperty("block_size") int maxLength) {
    /** The longest sequence of every published preset. */
    public static final int DEFAULT_MAX_LENGTH = 2048;

    // Far beyond any model, so that a slip in a file is refused by its key before a product of sizes overflows.
    private static final int MOST_LAYERS = 10_000;
    private static final int WIDEST = 1 << 20;
    private static final int LARGEST = 1 << 24;
    private static final int LONGEST = 1 << 20;
    private static final int LARGEST_ROTARY_TABLE = 1 << 27;
    private static final float LARGEST_EPSILON = 1;
    private static final double LARGEST_ROPE_BASE = 1e12;

    /** Checks the numbers. */
    public ModelConfig {
        range("n_layer", layers, MOST_LAYERS);
        range("n_head", headCount, WIDEST);
        range("n_embd", width, WIDEST);
        range("intermediate_size", hidden, LARGEST);
        range("vocab_size", vocabulary, LARGEST);
        range("n_query_groups", queryGroups, WIDEST);
        if (width % headCount != 0) {
            throw new InputException("n_head " + headCount + " does not divide n_embd " + width);
        }
        if (width / headCount % 2 != 0) {
            throw new InputException(
                    "head size n_embd / n_head = "
                            + width / headCount
                            + " is odd, but rotary embedding turns one half against the other");
        }
        range("block_size", maxLength, Math.min(LONGEST, LARGEST_ROTARY_TABLE / (width / headCount)));
        if (headCount % queryGroups != 0) {
            throw new InputException("n_query_groups " + queryGroups + " does not divide n_head " + headCount);
        }
        if (!(normEpsilon > 0 && normEpsilon <= LARGEST_EPSILON)) {
            throw new InputException("norm_eps: found " + normEpsilon + ", expected a number above 0, at most 1");
        }
        if (!(ropeBase > 1 && ropeBase <= LARGEST_ROPE_BASE)) {
            throw new InputException(
                    "rope_base: found " + ropeBase + ", expected a number above 1, at most " + LARGEST_ROPE_BASE);
        }
    }

    private static void range(String key, int value, int most) {
        if (value < 1) {
            throw new InputException(key + ": found " + value + ", expected at least 1");
        }
        if (value > most) {
            throw new InputException(key + ": found " + value + ", expected at most " + most);
        }
    }

    /**
     * A masked diffusion model with the published constants: as many query groups as heads, norm epsilon 1e-5, rotary
     * base 10000, at most 2048 positions.
     *
     * @param layers number of blocks
     * @param headCount number of heads
     * @param width width of the residual stream
     * @param hidden width of the MLP
     * @param vocabulary number of text tokens
     * @return the configuration
     */
    public static ModelConfig masked(int layers, int headCount, int width, int hidden, int vocabulary) {
        return new ModelConfig(
                layers,
                headCount,
                width,
                hidden,
                vocabulary,
                headCount,
                false,
                1e-5f,
                10000,
                false,
                DEFAULT_MAX_LENGTH);
    }

    /**
     * The same sizes, masked or autoregressive.
     *
     * @param value true for the autoregressive baseline
     * @return the configuration
     */
    public ModelConfig withCausal(boolean value) {
        return new ModelConfig(
                layers,
                headCount,
                width,
                hidden,
                vocabulary,
                queryGroups,
                value,
                normEpsilon,
                ropeBase,
                ropeBf16,
                maxLength);
    }

    /**
     * The same sizes with another vocabulary.
     *
     * @param value number of text tokens
     * @return the configuration
     */
    public ModelConfig withVocabulary(int value) {
        return new ModelConfig(
                layers,
                headCount,
                width,
                hidden,
                value,
                queryGroups,
                causal,
                normEpsilon,
                ropeBase,
                ropeBf16,
                maxLength);
    }

    /**
     * The same sizes with the rotary table rounded to bfloat16 or not.
     *
     * @param value whether it is rounded
     * @return the configuration
     */
    public ModelConfig withRopeBf16(boolean value) {
        return new ModelConfig(
                layers,
                headCount,
                width,
                hidden,
                vocabulary,
                queryGroups,
                causal,
                normEpsilon,
                ropeBase,
                value,
                maxLength);
    }

    /**
     * How queries, keys and values lie in a fused row.
     *
     * @return the layout
     */
    public Heads heads() {
        return new Heads(headCount, queryGroups, width / headCount);
    }

    /**
     * Rows of the token embedding: one more than the vocabulary for a masked model.
     *
     * @return {@code V + 1}, or {@code V} if causal
     */
    public int embeddingRows() {
        return causal ? vocabulary : vocabulary + 1;
    }

    /**
     * The id of the mask token: the embedding's last row, which the head never predicts.
     *
     * @return {@code V}
     * @throws IllegalStateException if causal, for such a model has none
     */
    public int maskToken() {
        if (causal) {
            throw new IllegalStateException("an autoregressive model has no mask token; use a masked diffusion model");
        }
        return vocabulary;
    }

    /**
     * Every parameter, in the order of the published checkpoints (METHOD §1.3), with its initial spread (§1.4).
     *
     * @return {@code 3 + 7 · layers} parameters
     */
    public List<ParameterSpec> parameters() {
        double deviation = Math.sqrt(2.0 / (5.0 * width));
        double deep = 1 / (Math.sqrt(width) * layers);
        List<ParameterSpec> all = new ArrayList<>();
        all.add(new ParameterSpec("lm_head.weight", Shape.of(vocabulary, width), deviation));
        all.add(new ParameterSpec("transformer.wte.weight", Shape.of(embeddingRows(), width), deviation));
        for (int i = 0; i < layers; i++) {
            String block = "transformer.h." + i + ".";
            all.add(ParameterSpec.norm(block + "norm_1.weight", width));
            all.add(new ParameterSpec(block + "attn.attn.weight", Shape.of(heads().fusedWidth(), width), deviation));
            all.add(new ParameterSpec(block + "attn.proj.weight", Shape.of(width, width), deep));
            all.add(ParameterSpec.norm(block + "norm_2.weight", width));
            all.add(new ParameterSpec(block + "mlp.swiglu.w1.weight", Shape.of(hidden, width), deviation));
            all.add(new ParameterSpec(block + "mlp.swiglu.w2.weight", Shape.of(hidden, width), deviation));
            all.add(new ParameterSpec(block + "mlp.swiglu.w3.weight", Shape.of(width, hidden), deep));
        }
        all.add(ParameterSpec.norm("transformer.ln_f.weight", width));
        return all;
    }

    /**
     * All parameters together.
     *
     * @return their number
     */
    public long parameterCount() {
        return parameters().stream().mapToLong(p -> p.shape().elements()).sum();
    }

    /**
     * The {@code N} of the scaling law (METHOD §1.5): embedding and head not counted.
     *
     * @return the number of parameters
     */
    public long nonEmbeddingCount() {
        return parameterCount() - (long) (embeddingRows() + vocabulary) * width;
    }
}
