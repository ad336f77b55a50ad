package dev.unmask.model;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.InputException;

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
 * @param mask id of the mask token within the vocabulary; -1: it is one beyond, or the model is causal and has none
 * @param network what differs between families of networks
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
    "block_size",
    "mask_token",
    "network"
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
        @JsonProperty("block_size") int maxLength,
        @JsonProperty("mask_token") @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = NoMaskWithin.class)
                int mask,
        @JsonProperty("network") @JsonInclude(value = JsonInclude.Include.CUSTOM, valueFilter = Network.Usual.class)
                Network network) {
    /** Says in {@link #mask} that no token of the vocabulary is the mask token. */
    public static final int NO_MASK_WITHIN = -1;

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
        if (network == null) {
            throw new InputException("network: found null, expected a JSON object { … }");
        }
        if (causal && network.blockLength() > 0) {
            throw new InputException(
                    "network.block_length: found "
                            + network.blockLength()
                            + " in a causal model, expected 0: blocks are of masked models");
        }
        int headSize = headSize(network, width, headCount);
        if (headSize % 2 != 0) {
            throw new InputException(
                    "head size "
                            + (network.projections().headSize() == 0 ? "n_embd / n_head = " : "")
                            + headSize
                            + (network.positions().rotary()
                                    ? " is odd, but rotary embedding turns one half against the other"
                                    : " is odd, expected an even one"));
        }
        range("block_size", maxLength, Math.min(LONGEST, LARGEST_ROTARY_TABLE / headSize));
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
        if (mask < NO_MASK_WITHIN || mask > vocabulary || causal && mask != NO_MASK_WITHIN) {
            throw new InputException(
                    "mask_token: found "
                            + mask
                            + ", expected "
                            + (causal ? "none for a causal model" : "from 0 to vocab_size " + vocabulary));
        }
        if (mask == vocabulary) {
            mask = NO_MASK_WITHIN;
        }
        if (!causal && mask == NO_MASK_WITHIN && network.head().tied()) {
            throw new InputException(
                    "network.head.tied: found true without a mask_token, expected one within the vocabulary: a mask"
                            + " token beyond it would be a token of the head too");
        }
    }

    private static int headSize(Network network, int width, int headCount) {
        int own = network.projections().headSize();
        if (own < 0 || own > WIDEST) {
            throw new InputException(
                    "network.projections.head_size: found " + own + ", expected from 1 to " + WIDEST + ", or 0");
        }
        if (own == 0 && width % headCount != 0) {
            throw new InputException("n_head " + headCount + " does not divide n_embd " + width);
        }
        return own == 0 ? width / headCount : own;
    }

    /**
     * A model with the network of METHOD §1, whose mask token, unless it is causal, is one beyond the vocabulary.
     *
     * @param layers number of blocks
     * @param headCount number of query heads
     * @param width width of the residual stream
     * @param hidden width of the MLP
     * @param vocabulary number of text tokens
     * @param queryGroups number of key and value heads
     * @param causal whether it is the autoregressive baseline
     * @param normEpsilon added to the mean of squares in each norm
     * @param ropeBase base of the rotary angles
     * @param ropeBf16 whether the rotary table is rounded to bfloat16
     * @param maxLength longest sequence
     */
    public ModelConfig(
            int layers,
            int headCount,
            int width,
            int hidden,
            int vocabulary,
            int queryGroups,
            boolean causal,
            float normEpsilon,
            double ropeBase,
            boolean ropeBf16,
            int maxLength) {
        this(
                layers,
                headCount,
                width,
                hidden,
                vocabulary,
                queryGroups,
                causal,
                normEpsilon,
                ropeBase,
                ropeBf16,
                maxLength,
                NO_MASK_WITHIN,
                Network.SMDM);
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
        return with(layers, vocabulary, value, ropeBf16, value ? NO_MASK_WITHIN : mask, network);
    }

    /**
     * The same sizes with another vocabulary.
     *
     * @param value number of text tokens
     * @return the configuration
     */
    public ModelConfig withVocabulary(int value) {
        return with(layers, value, causal, ropeBf16, mask, network);
    }

    /**
     * The same sizes with another number of layers.
     *
     * @param value layers
     * @return the configuration
     */
    public ModelConfig withLayers(int value) {
        return with(value, vocabulary, causal, ropeBf16, mask, network);
    }

    /**
     * The same sizes with the rotary table rounded to bfloat16 or not.
     *
     * @param value whether it is rounded
     * @return the configuration
     */
    public ModelConfig withRopeBf16(boolean value) {
        return with(layers, vocabulary, causal, value, mask, network);
    }

    /**
     * The same sizes with another mask token.
     *
     * @param value an id of the vocabulary, or {@link #NO_MASK_WITHIN}
     * @return the configuration
     */
    public ModelConfig withMask(int value) {
        return with(layers, vocabulary, causal, ropeBf16, value, network);
    }

    /**
     * The same sizes with another network.
     *
     * @param value what differs between families
     * @return the configuration
     */
    public ModelConfig withNetwork(Network value) {
        return with(layers, vocabulary, causal, ropeBf16, mask, value);
    }

    private ModelConfig with(
            int itsLayers, int itsVocabulary, boolean itsCausal, boolean itsRopeBf16, int itsMask, Network itsNetwork) {
        return new ModelConfig(
                itsLayers,
                headCount,
                width,
                hidden,
                itsVocabulary,
                queryGroups,
                itsCausal,
                normEpsilon,
                ropeBase,
                itsRopeBf16,
                maxLength,
                itsMask,
                itsNetwork);
    }

    /**
     * The heads of attention, and how they lie in a row if queries, keys and values are fused.
     *
     * @return the layout
     */
    public Heads heads() {
        return new Heads(headCount, queryGroups, headSize(network, width, headCount));
    }

    /**
     * Rows of the token embedding: one more than the vocabulary for a masked model whose mask token is not of it.
     *
     * @return {@code V + 1} or {@code V}
     */
    public int embeddingRows() {
        return causal || mask != NO_MASK_WITHIN ? vocabulary : vocabulary + 1;
    }

    /**
     * The id of the mask token. Where it lies within the vocabulary the head has logits of it, which mean nothing: no
     * sampler may choose it. Else it is the embedding's last row, which the head never predicts.
     *
     * @return an id from 0 to {@code V}
     * @throws IllegalStateException if causal, for such a model has none
     */
    public int maskToken() {
        if (causal) {
            throw new IllegalStateException("an autoregressive model has no mask token; use a masked diffusion model");
        }
        return mask == NO_MASK_WITHIN ? vocabulary : mask;
    }

    /**
     * Every parameter, in the order of the published checkpoints (METHOD §1.3), with its initial spread (§1.4).
     *
     * @return the parameters; {@code 3 + 7 · layers} of the network of METHOD §1
     */
    public List<ParameterSpec> parameters() {
        return Parameters.of(this);
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
        long tables = Parameters.tables(this).stream().mapToLong(p -> p.shape().elements()).sum();
        return parameterCount() - tables;
    }

    /** What {@link #mask} need not say. */
    static final class NoMaskWithin {
        @Override
        public boolean equals(Object other) {
            return other instanceof Integer id && id == NO_MASK_WITHIN;
        }

        @Override
        public int hashCode() {
            return NO_MASK_WITHIN;
        }
    }
}
