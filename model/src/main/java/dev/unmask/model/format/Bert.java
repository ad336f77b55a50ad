package dev.unmask.model.format;

import dev.unmask.model.Family;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Network;
import dev.unmask.model.PublishedConfig;
import dev.unmask.model.TokenRoles;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * BERT with its head for masked tokens (Devlin et al., arXiv 1810.04805): layer norms after each sum, learned
 * positions, token types, the exact GELU, a tied head with a matrix of its own before and a bias after.
 */
public final class Bert implements Family {
    private static final Names NAMES =
            new Names(
                    Map.of(
                            "transformer.wte", "bert.embeddings.word_embeddings",
                            "transformer.wpe", "bert.embeddings.position_embeddings",
                            "transformer.wtt", "bert.embeddings.token_type_embeddings",
                            "transformer.ln_e", "bert.embeddings.LayerNorm",
                            "lm_head", "cls.predictions",
                            "head.dense", "cls.predictions.transform.dense",
                            "head.norm", "cls.predictions.transform.LayerNorm"),
                    "bert.encoder.layer.#.",
                    Map.of(
                            "attn.q", "attention.self.query",
                            "attn.k", "attention.self.key",
                            "attn.v", "attention.self.value",
                            "attn.proj", "attention.output.dense",
                            "norm_1", "attention.output.LayerNorm",
                            "mlp.up", "intermediate.dense",
                            "mlp.down", "output.dense",
                            "norm_2", "output.LayerNorm"));

    /** For the service loader. */
    public Bert() {}

    @Override
    public String name() {
        return "bert";
    }

    @Override
    public List<String> modelTypes() {
        return List.of("bert");
    }

    @Override
    public ModelConfig read(PublishedConfig keys, TokenRoles tokens) {
        Mathematics.require(keys);
        Mathematics.requireNormsOfQueries(keys, false);
        Mathematics.requireActivation(keys, "gelu");
        keys.require("position_embedding_type", "absolute: other positions are not supported", "\"absolute\"");
        keys.require("is_decoder", "false: a causal BERT is not supported", "false");
        keys.require("embedding_size", "none: an embedding of another width is not supported", "-1");
        int width = keys.size("hidden_size");
        int heads = Mathematics.headsOf(keys, "num_attention_heads", width);
        int vocabulary = keys.size("vocab_size");
        return new ModelConfig(
                keys.size("num_hidden_layers"),
                heads,
                width,
                keys.size("intermediate_size"),
                vocabulary,
                heads,
                false,
                (float) keys.number("layer_norm_eps", 1e-12),
                10000,
                false,
                keys.size("max_position_embeddings"),
                Roles.mask(keys, tokens, vocabulary),
                network(keys.size("type_vocab_size", 2), keys.flag("tie_word_embeddings", true)));
    }

    private static Network network(int tokenTypes, boolean tied) {
        return new Network(
                Network.Norms.POST_LAYER,
                Network.Mlp.GELU,
                Network.Positions.LEARNED,
                new Network.Projections(0, false, true, true, false),
                true,
                new Network.Head(tied, true, true),
                tokenTypes,
                false);
    }

    @Override
    public String published(String parameter) {
        return parameter.equals("lm_head.weight") ? "cls.predictions.decoder.weight" : NAMES.published(parameter);
    }

    @Override
    public List<String> alternatives(String parameter) {
        String name = published(parameter);
        List<String> names = new ArrayList<>();
        if (parameter.equals("lm_head.bias")) {
            names.add("cls.predictions.decoder.bias");
        }
        // Files converted from TensorFlow's name the parameters of norms as it does.
        if (name.endsWith("LayerNorm.weight")) {
            names.add(name.replace("LayerNorm.weight", "LayerNorm.gamma"));
        }
        if (name.endsWith("LayerNorm.bias")) {
            names.add(name.replace("LayerNorm.bias", "LayerNorm.beta"));
        }
        return names;
    }

    @Override
    public boolean passesOver(String tensor, ModelConfig config) {
        return tensor.equals("bert.embeddings.position_ids")
                || tensor.startsWith("bert.pooler.")
                || tensor.startsWith("cls.seq_relationship.")
                || tensor.equals("cls.predictions.decoder.bias")
                || config.network().head().tied() && tensor.equals("cls.predictions.decoder.weight");
    }

    @Override
    public Map<String, Object> write(ModelConfig config, TokenRoles tokens) {
        Network network = config.network();
        Fit.of(this, config)
                .is(!config.causal(), "that is causal, this family is masked")
                .is(network.equals(network(network.tokenTypes(), network.head().tied())), "with another network")
                .is(config.queryGroups() == config.headCount(), "with grouped queries")
                .is(config.embeddingRows() == config.vocabulary(), "whose mask token is not of the vocabulary");
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("architectures", List.of("BertForMaskedLM"));
        keys.put("model_type", "bert");
        keys.put("vocab_size", config.vocabulary());
        keys.put("hidden_size", config.width());
        keys.put("num_hidden_layers", config.layers());
        keys.put("num_attention_heads", config.headCount());
        keys.put("intermediate_size", config.hidden());
        keys.put("hidden_act", "gelu");
        keys.put("max_position_embeddings", config.maxLength());
        keys.put("type_vocab_size", network.tokenTypes());
        keys.put("layer_norm_eps", Roles.shortest(config.normEpsilon()));
        keys.put("tie_word_embeddings", network.head().tied());
        keys.putAll(tokens.keys());
        keys.put("mask_token_id", config.maskToken());
        keys.put("torch_dtype", "float32");
        return keys;
    }
}
