package dev.unmask.model.format;

import dev.unmask.model.Family;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Network;
import dev.unmask.model.PublishedConfig;
import dev.unmask.model.TokenRoles;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** LLaDA and LLaDA 1.5 (arXiv 2502.09992, 2505.19223): Llama's network, bidirectional, under OLMo's keys and names. */
public final class Llada implements Family {
    private static final Names NAMES =
            new Names(
                    Map.of(
                            "transformer.wte", "model.transformer.wte",
                            "transformer.ln_f", "model.transformer.ln_f",
                            "lm_head", "model.transformer.ff_out"),
                    "model.transformer.blocks.#.",
                    Map.ofEntries(
                            Map.entry("norm_1", "attn_norm"),
                            Map.entry("attn.q", "q_proj"),
                            Map.entry("attn.k", "k_proj"),
                            Map.entry("attn.v", "v_proj"),
                            Map.entry("attn.proj", "attn_out"),
                            Map.entry("norm_2", "ff_norm"),
                            Map.entry("mlp.swiglu.w1", "ff_proj"),
                            Map.entry("mlp.swiglu.w2", "up_proj"),
                            Map.entry("mlp.swiglu.w3", "ff_out")));

    /** For the service loader. */
    public Llada() {}

    @Override
    public String name() {
        return "llada";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("llada");
    }

    @Override
    public ModelConfig read(PublishedConfig keys, TokenRoles tokens) {
        Mathematics.require(keys);
        Mathematics.requireNormsOfQueries(keys, false);
        keys.require("block_type", "llama: other blocks are not supported", "\"llama\"");
        Mathematics.requireActivation(keys, "silu", "swish");
        keys.require("layer_norm_type", "rms: other norms are not supported", "\"rms\"");
        keys.require("layer_norm_with_affine", "true", "true");
        keys.require("bias_for_layer_norm", "false: biases of norms are not supported", "false");
        keys.require("include_bias", "false: biases of all matrices are not supported", "false");
        keys.require("rope", "true: other positions are not supported", "true");
        keys.require("multi_query_attention", "false: give n_kv_heads instead", "false");
        keys.require("block_group_size", "1: groups of blocks are not supported", "1");
        keys.require("input_emb_norm", "false: a scaled embedding is not supported", "false");
        keys.require("embedding_layer_norm", "false: a norm of the embedding is not supported", "false");
        int width = keys.size("d_model");
        int heads = Mathematics.headsOf(keys, "n_heads", width);
        int groups = keys.size("n_kv_heads", heads);
        if (heads % groups != 0) {
            throw keys.refused("n_kv_heads", "a divisor of n_heads " + heads);
        }
        Network network =
                new Network(
                        Network.Norms.PRE_RMS,
                        Network.Mlp.SWIGLU,
                        Network.Positions.ROTARY,
                        new Network.Projections(0, false, keys.flag("include_qkv_bias", false), false, false),
                        false,
                        new Network.Head(keys.flag("weight_tying", true), false, false),
                        0,
                        false);
        int vocabulary = keys.size("embedding_size", keys.has("vocab_size") ? keys.size("vocab_size") : 1);
        return new ModelConfig(
                keys.size("n_layers"),
                heads,
                width,
                keys.size("mlp_hidden_size"),
                vocabulary,
                groups,
                false,
                (float) keys.number("rms_norm_eps", 1e-5),
                Mathematics.ropeBase(keys, 10000),
                false,
                keys.size("max_sequence_length", 1024),
                Roles.mask(keys, tokens, vocabulary),
                network);
    }

    @Override
    public String published(String parameter) {
        return NAMES.published(parameter);
    }

    @Override
    public boolean passesOver(String tensor, ModelConfig config) {
        return config.network().head().tied() && tensor.equals("model.transformer.ff_out.weight");
    }

    @Override
    public Map<String, Object> write(ModelConfig config, TokenRoles tokens) {
        Network network = config.network();
        Fit.of(this, config)
                .is(!config.causal(), "that is causal, this family is masked")
                .is(network.norms() == Network.Norms.PRE_RMS, "with layer norms")
                .is(network.mlp() == Network.Mlp.SWIGLU && !network.mlpBias(), "with another MLP")
                .is(network.positions() == Network.Positions.ROTARY, "with other positions")
                .is(!network.projections().fused(), "with fused queries, keys and values")
                .is(!network.projections().norms(), "with norms of queries and keys")
                .is(!network.projections().outputBias(), "with a bias after attention")
                .is(config.heads().width() == config.width(), "whose heads together are not as wide as the model")
                .is(!network.head().bias() && !network.head().transform(), "with a bias of logits")
                .is(network.tokenTypes() == 0, "with token types")
                .is(!network.shiftedLogits(), "with shifted logits")
                .is(config.embeddingRows() == config.vocabulary(), "whose mask token is not of the vocabulary");
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("architectures", List.of("LLaDAModelLM"));
        keys.put("model_type", "llada");
        keys.put("block_type", "llama");
        keys.put("activation_type", "silu");
        keys.put("d_model", config.width());
        keys.put("n_layers", config.layers());
        keys.put("n_heads", config.headCount());
        keys.put("n_kv_heads", config.queryGroups());
        keys.put("mlp_hidden_size", config.hidden());
        keys.put("vocab_size", config.vocabulary());
        keys.put("embedding_size", config.vocabulary());
        keys.put("max_sequence_length", config.maxLength());
        keys.put("rope", true);
        keys.put("rope_theta", config.ropeBase());
        keys.put("rms_norm_eps", Roles.shortest(config.normEpsilon()));
        keys.put("layer_norm_type", "rms");
        keys.put("weight_tying", network.head().tied());
        keys.put("include_bias", false);
        keys.put("include_qkv_bias", network.projections().bias());
        keys.putAll(tokens.keys());
        keys.put("mask_token_id", config.maskToken());
        keys.put("torch_dtype", "float32");
        return keys;
    }
}
