package dev.unmask.model.format;

import dev.unmask.model.Family;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Network;
import dev.unmask.model.PublishedConfig;
import dev.unmask.model.TokenRoles;
import dev.unmask.tensor.InputException;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the families of the Llama kind have in common: the keys of Hugging Face's decoders, pre-norms of root mean
 * squares, a gated MLP, rotary positions.
 */
abstract class Decoder implements Family {
    private static final double ROPE_BASE = 10000;
    private static final double EPSILON = 1e-6;
    private static final int LENGTH = 2048;

    private final String name;
    private final List<String> modelTypes;
    private final boolean causal;

    Decoder(String name, boolean causal, String... modelTypes) {
        this.name = name;
        this.causal = causal;
        this.modelTypes = List.of(modelTypes);
    }

    /** Biases of queries, keys, values; of what follows attention; of the MLP. */
    record Biases(boolean projections, boolean output, boolean mlp) {}

    /** The biases that a configuration means. */
    abstract Biases biases(PublishedConfig keys);

    /** Whether a model of this type has norms of queries and keys. */
    abstract boolean queryNorms(PublishedConfig keys);

    /** Whether logits are read one position before. */
    boolean shifted() {
        return false;
    }

    /** What this family writes beside the keys that all have. */
    abstract void write(Map<String, Object> keys, ModelConfig config);

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final List<String> modelTypes() {
        return modelTypes;
    }

    @Override
    public final ModelConfig read(PublishedConfig keys, TokenRoles tokens) {
        Mathematics.require(keys);
        Mathematics.requireActivation(keys, "silu", "swish");
        keys.require("pretraining_tp", "1", "1");
        boolean queryNorms = queryNorms(keys);
        Mathematics.requireNormsOfQueries(keys, queryNorms);
        int width = keys.size("hidden_size");
        int heads = keys.size("num_attention_heads");
        int headSize = keys.size("head_dim", queryNorms ? 128 : Math.ceilDiv(width, heads));
        if (!keys.has("head_dim") && !queryNorms && width % heads != 0) {
            throw keys.refused("num_attention_heads", "a divisor of hidden_size " + width);
        }
        Biases biases = biases(keys);
        if (!biases.mlp) {
            keys.require("mlp_bias", "false: this family has no biases of the MLP", "false");
        }
        int groups = keys.size("num_key_value_heads", heads);
        if (heads % groups != 0) {
            throw keys.refused("num_key_value_heads", "a divisor of num_attention_heads " + heads);
        }
        Network network =
                new Network(
                        Network.Norms.PRE_RMS,
                        Network.Mlp.SWIGLU,
                        Network.Positions.ROTARY,
                        new Network.Projections(headSize, false, biases.projections, biases.output, queryNorms),
                        biases.mlp,
                        new Network.Head(keys.flag("tie_word_embeddings", tiedUnlessSaid()), false, false),
                        0,
                        shifted());
        int vocabulary = keys.size("vocab_size");
        return new ModelConfig(
                keys.size("num_hidden_layers"),
                heads,
                width,
                keys.size("intermediate_size"),
                vocabulary,
                groups,
                causal,
                (float) keys.number("rms_norm_eps", EPSILON),
                Mathematics.ropeBase(keys, ROPE_BASE),
                false,
                keys.size("max_position_embeddings", LENGTH),
                causal ? ModelConfig.NO_MASK_WITHIN : Roles.mask(keys, tokens, vocabulary),
                network);
    }

    /** What a configuration means that does not say whether the head is tied. */
    boolean tiedUnlessSaid() {
        return false;
    }

    @Override
    public String published(String parameter) {
        return Names.DECODER.published(parameter);
    }

    @Override
    public boolean passesOver(String tensor, ModelConfig config) {
        return tensor.endsWith(".rotary_emb.inv_freq")
                || config.network().head().tied() && tensor.equals(published("lm_head.weight"));
    }

    @Override
    public final Map<String, Object> write(ModelConfig config, TokenRoles tokens) {
        Fit.of(this, config)
                .is(
                        config.causal() == causal,
                        causal ? "that is masked, this family is causal" : "that is causal, this family is masked")
                .is(config.network().norms() == Network.Norms.PRE_RMS, "with layer norms")
                .is(config.network().mlp() == Network.Mlp.SWIGLU, "with an MLP without a gate")
                .is(config.network().positions() == Network.Positions.ROTARY, "with other positions")
                .is(!config.network().projections().fused(), "with fused queries, keys and values")
                .is(!config.network().head().bias() && !config.network().head().transform(), "with a bias of logits")
                .is(config.network().tokenTypes() == 0, "with token types")
                .is(config.network().shiftedLogits() == shifted(), "whose logits are not read at the same place")
                .is(config.embeddingRows() == config.vocabulary(), "whose mask token is not of the vocabulary");
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("vocab_size", config.vocabulary());
        keys.put("hidden_size", config.width());
        keys.put("intermediate_size", config.hidden());
        keys.put("num_hidden_layers", config.layers());
        keys.put("num_attention_heads", config.headCount());
        keys.put("num_key_value_heads", config.queryGroups());
        keys.put("head_dim", config.heads().size());
        keys.put("hidden_act", "silu");
        keys.put("max_position_embeddings", config.maxLength());
        keys.put("rms_norm_eps", Roles.shortest(config.normEpsilon()));
        keys.put("rope_theta", config.ropeBase());
        keys.put("tie_word_embeddings", config.network().head().tied());
        write(keys, config);
        keys.putAll(tokens.keys());
        if (!causal) {
            keys.put("mask_token_id", config.maskToken());
        }
        keys.put("torch_dtype", "float32");
        return keys;
    }

    /** Refuses a network with biases or norms that the family does not have. */
    static void fit(Family family, ModelConfig config, Biases biases, boolean queryNorms) {
        Network network = config.network();
        Fit.of(family, config)
                .is(network.projections().bias() == biases.projections, "with other biases of queries")
                .is(network.projections().outputBias() == biases.output, "with another bias after attention")
                .is(network.mlpBias() == biases.mlp, "with other biases of the MLP")
                .is(network.projections().norms() == queryNorms, "with other norms of queries and keys");
    }

    /** For a refusal of a type that a subclass does not know. */
    static InputException unknown(PublishedConfig keys) {
        return keys.refused("model_type", "a type of this family");
    }
}
