package dev.unmask.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.InputException;

/**
 * What differs between the networks of published families, beside their sizes. {@link #SMDM} is that of METHOD §1; a
 * {@code config.json} of ours that says nothing of a network means it.
 *
 * @param norms which norm, and where
 * @param mlp what stands between attention and attention
 * @param positions how a token knows its position
 * @param projections how queries, keys and values are made, and what follows attention
 * @param mlpBias whether the matrices of the MLP have biases
 * @param head what follows the last block
 * @param tokenTypes rows of a table of token types, of which every token is of the first; 0: there is none
 * @param shiftedLogits whether the distribution of a token is read one position before it, as causal models are read;
 *     the first token of a sequence is read at its own
 * @param blockLength of a masked model that was trained by block diffusion the positions of a block: a token sees its
 *     own block, counted from position 0, and those before it; 0: every token sees every other
 */
@JsonPropertyOrder({
    "norms",
    "mlp",
    "positions",
    "projections",
    "mlp_bias",
    "head",
    "token_types",
    "shifted_logits",
    "block_length"
})
public record Network(
        @JsonProperty("norms") Norms norms,
        @JsonProperty("mlp") Mlp mlp,
        @JsonProperty("positions") Positions positions,
        @JsonProperty("projections") Projections projections,
        @JsonProperty("mlp_bias") boolean mlpBias,
        @JsonProperty("head") Head head,
        @JsonProperty("token_types") int tokenTypes,
        @JsonProperty("shifted_logits") boolean shiftedLogits,
        @JsonProperty("block_length") int blockLength) {
    /** The network of METHOD §1. */
    public static final Network SMDM =
            new Network(
                    Norms.PRE_RMS,
                    Mlp.SWIGLU,
                    Positions.ROTARY,
                    new Projections(0, true, false, false, false),
                    false,
                    new Head(false, false, false),
                    0,
                    false);

    private static final int MOST_TOKEN_TYPES = 1 << 16;
    private static final int LONGEST_BLOCK = 1 << 20;

    /** Which norm, and where. */
    public enum Norms {
        /** Root mean square normalisation of what goes into attention, the MLP and the head. */
        @JsonProperty("pre_rms")
        PRE_RMS,
        /** Layer normalisation, with a bias, of each sum with the residual stream and of the embedding. */
        @JsonProperty("post_layer")
        POST_LAYER
    }

    /** What stands between attention and attention. */
    public enum Mlp {
        /** {@code down(silu(gate x) ∘ up x)}. */
        @JsonProperty("swiglu")
        SWIGLU,
        /** {@code down(gelu(up x))}, the exact unit. */
        @JsonProperty("gelu")
        GELU
    }

    /** How a token knows its position. */
    public enum Positions {
        /** Queries and keys are turned by angles. */
        @JsonProperty("rotary")
        ROTARY,
        /**
         * The same by frequencies that are rounded to bfloat16: what a PyTorch model computes that was cast to bfloat16
         * as a whole, buffers and all. Publishers' own code does not.
         */
        @JsonProperty("rotary_bf16")
        ROTARY_BF16,
        /** A row of a table is added to the embedding. */
        @JsonProperty("learned")
        LEARNED;

        /**
         * Whether queries and keys are turned.
         *
         * @return false if there is a table of learned rows
         */
        public boolean rotary() {
            return this != LEARNED;
        }
    }

    /**
     * How queries, keys and values are made, and what follows attention.
     *
     * @param headSize elements of a head; 0: the width of the model by the number of heads
     * @param fused whether one matrix makes all three, in the layout of published SMDM weights; else there are three
     * @param bias whether queries, keys and values have biases
     * @param outputBias whether the matrix after attention has one
     * @param norms whether each head of queries and keys is normalised before it is turned
     */
    @JsonPropertyOrder({"head_size", "fused", "bias", "output_bias", "norms"})
    public record Projections(
            @JsonProperty("head_size") int headSize,
            @JsonProperty("fused") boolean fused,
            @JsonProperty("bias") boolean bias,
            @JsonProperty("output_bias") boolean outputBias,
            @JsonProperty("norms") boolean norms) {}

    /**
     * What follows the last block.
     *
     * @param tied whether the embedding is the matrix of the head too
     * @param bias whether logits have a bias
     * @param transform whether a matrix, {@link Mlp#GELU}'s unit and a norm come first
     */
    @JsonPropertyOrder({"tied", "bias", "transform"})
    public record Head(
            @JsonProperty("tied") boolean tied,
            @JsonProperty("bias") boolean bias,
            @JsonProperty("transform") boolean transform) {}

    /**
     * A network whose tokens all see each other, or as a causal model says.
     *
     * @param norms which norm, and where
     * @param mlp what stands between attention and attention
     * @param positions how a token knows its position
     * @param projections how queries, keys and values are made, and what follows attention
     * @param mlpBias whether the matrices of the MLP have biases
     * @param head what follows the last block
     * @param tokenTypes rows of a table of token types
     * @param shiftedLogits whether the distribution of a token is read one position before it
     */
    public Network(
            Norms norms,
            Mlp mlp,
            Positions positions,
            Projections projections,
            boolean mlpBias,
            Head head,
            int tokenTypes,
            boolean shiftedLogits) {
        this(norms, mlp, positions, projections, mlpBias, head, tokenTypes, shiftedLogits, 0);
    }

    /** Checks that the parts fit each other. */
    public Network {
        if (blockLength < 0 || blockLength > LONGEST_BLOCK) {
            throw new InputException(
                    "network.block_length: found " + blockLength + ", expected from 0 to " + LONGEST_BLOCK);
        }
        if (norms == null || mlp == null || positions == null || projections == null || head == null) {
            throw new InputException("network: norms, mlp, positions, projections and head must not be null");
        }
        if (tokenTypes < 0 || tokenTypes > MOST_TOKEN_TYPES) {
            throw new InputException(
                    "network.token_types: found " + tokenTypes + ", expected from 0 to " + MOST_TOKEN_TYPES);
        }
        if (projections.fused() && (projections.bias() || projections.norms())) {
            throw new InputException(
                    "network.projections: found fused true with bias or norms, which only separate matrices have;"
                            + " expected fused false");
        }
        if (head.transform() && norms != Norms.POST_LAYER) {
            throw new InputException(
                    "network.head.transform: found true, expected false for norms other than post_layer");
        }
    }

    /**
     * The same network, whose logits are read at the token's own position or at the one before.
     *
     * @param value whether they are shifted
     * @return the network
     */
    public Network withShiftedLogits(boolean value) {
        return new Network(norms, mlp, positions, projections, mlpBias, head, tokenTypes, value, blockLength);
    }

    /**
     * The same network whose tokens see their own block and those before it.
     *
     * @param value positions of a block; 0: every token sees every other
     * @return the network
     */
    public Network withBlockLength(int value) {
        return new Network(norms, mlp, positions, projections, mlpBias, head, tokenTypes, shiftedLogits, value);
    }

    /**
     * The same network with other positions.
     *
     * @param value how a token knows its position
     * @return the network
     */
    public Network withPositions(Positions value) {
        return new Network(norms, mlp, value, projections, mlpBias, head, tokenTypes, shiftedLogits, blockLength);
    }

    /**
     * The same network with one matrix for queries, keys and values, or with three.
     *
     * @param value whether there is one
     * @return the network
     */
    public Network withFusedProjections(boolean value) {
        Projections p = projections;
        return new Network(
                norms,
                mlp,
                positions,
                new Projections(p.headSize(), value, p.bias(), p.outputBias(), p.norms()),
                mlpBias,
                head,
                tokenTypes,
                shiftedLogits,
                blockLength);
    }

    /**
     * The same with a head that is not tied to the embedding.
     *
     * @return the network
     */
    public Network withOwnHead() {
        return new Network(
                norms,
                mlp,
                positions,
                projections,
                mlpBias,
                new Head(false, head.bias(), head.transform()),
                tokenTypes,
                shiftedLogits,
                blockLength);
    }

    /**
     * The same network with heads of another size.
     *
     * @param value elements of a head; 0: the width of the model by the number of heads
     * @return the network
     */
    public Network withHeadSize(int value) {
        Projections p = projections;
        return new Network(
                norms,
                mlp,
                positions,
                new Projections(value, p.fused(), p.bias(), p.outputBias(), p.norms()),
                mlpBias,
                head,
                tokenTypes,
                shiftedLogits,
                blockLength);
    }

    /** What a configuration need not say: equal to the network that it means then. */
    static final class Usual {
        @Override
        public boolean equals(Object other) {
            return SMDM.equals(other);
        }

        @Override
        public int hashCode() {
            return SMDM.hashCode();
        }
    }
}
