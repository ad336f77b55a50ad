package dev.unmask.model.format;

import dev.unmask.model.PublishedConfig;

import java.util.List;

/**
 * Keys of published configurations that change the mathematics in a way that no family here computes, with the values
 * that change nothing. A missing key changes nothing either.
 */
final class Mathematics {
    private record Rule(String expected, List<String> neutral, List<String> keys) {}

    private static final List<Rule> RULES =
            List.of(
                    new Rule(
                            "none: quantised weights are not supported; get the model in bfloat16 or float32",
                            List.of(),
                            List.of("quantization_config", "compression_config")),
                    new Rule(
                            "none: mixtures of experts are not supported",
                            List.of("0", "[]"),
                            List.of(
                                    "num_experts",
                                    "num_local_experts",
                                    "n_routed_experts",
                                    "n_shared_experts",
                                    "num_experts_per_tok",
                                    "moe_intermediate_size",
                                    "moe_layer_freq",
                                    "num_moe_layers")),
                    new Rule(
                            "false or none: sliding windows of attention are not supported",
                            List.of("false", "0"),
                            List.of("use_sliding_window", "attention_chunk_size", "sliding_window_pattern")),
                    new Rule(
                            "1: rotary positions of a part of a head are not supported",
                            List.of("1", "1.0"),
                            List.of("partial_rotary_factor", "rotary_pct", "rotary_percentage", "rotary_fraction")),
                    new Rule(
                            "none: layers without positions are not supported",
                            List.of("[]", "0"),
                            List.of("no_rope_layers", "no_rope_layer_interval")),
                    new Rule(
                            "none: attention with sinks, clipping or capped scores is not supported",
                            List.of("false", "0"),
                            List.of(
                                    "clip_qkv",
                                    "attn_logit_softcapping",
                                    "final_logit_softcapping",
                                    "query_pre_attn_scalar",
                                    "attention_multiplier",
                                    "attention_sink",
                                    "attention_sinks")),
                    new Rule(
                            "1: multiples of embeddings, residuals or logits are not supported",
                            List.of("1", "1.0", "false"),
                            List.of(
                                    "embedding_multiplier",
                                    "residual_multiplier",
                                    "logits_scaling",
                                    "logit_scale",
                                    "scale_logits",
                                    "scale_embeddings",
                                    "scale_embedding",
                                    "scale_emb",
                                    "scale_depth")),
                    new Rule(
                            "false: linear biases of attention (ALiBi) are not supported",
                            List.of("false"),
                            List.of("alibi", "use_alibi")),
                    new Rule(
                            "false: attention and MLP side by side are not supported",
                            List.of("false"),
                            List.of(
                                    "use_parallel_residual",
                                    "parallel_residual",
                                    "parallel_attn",
                                    "parallel_attention",
                                    "shared_attention_norm")),
                    new Rule(
                            "false: this is a network of text alone, without an encoder beside it",
                            List.of("false"),
                            List.of("is_encoder_decoder", "add_cross_attention", "use_mrope", "mrope_interleaved")));

    private static final List<String> NORMS_OF_QUERIES =
            List.of("qk_layernorm", "use_qk_norm", "qk_norm", "use_qk_layernorm", "attention_layer_norm");

    private Mathematics() {}

    /** Refuses what no family computes. */
    static void require(PublishedConfig keys) {
        for (Rule rule : RULES) {
            for (String key : rule.keys) {
                keys.require(key, rule.expected, rule.neutral.toArray(String[]::new));
            }
        }
        requireFullAttention(keys);
    }

    /** Norms of queries and keys: what a family that has none, or always has them, does not ask for. */
    static void requireNormsOfQueries(PublishedConfig keys, boolean always) {
        for (String key : NORMS_OF_QUERIES) {
            keys.require(
                    key,
                    always + ": this family " + (always ? "always" : "never") + " has norms of queries and keys",
                    Boolean.toString(always));
        }
    }

    private static void requireFullAttention(PublishedConfig keys) {
        if (!keys.flag("use_sliding_window", keys.has("sliding_window") && !keys.has("max_window_layers"))) {
            keys.requireAll(
                    "layer_types", "full_attention", "only full_attention: other kinds of layers are not supported");
            return;
        }
        throw keys.refused(
                keys.has("use_sliding_window") ? "use_sliding_window" : "sliding_window",
                "none: sliding windows of attention are not supported");
    }

    /** The base of rotary angles, where nothing else of them is unusual. */
    static double ropeBase(PublishedConfig keys, double usual) {
        for (String key : List.of("rope_scaling", "rope_parameters")) {
            PublishedConfig group = keys.group(key);
            for (String type : List.of("rope_type", "type")) {
                if (!group.text(type).orElse("default").equals("default")) {
                    throw keys.refused(key, "a " + type + " of default: scaled rotary positions are not supported");
                }
            }
            if (!group.has("rope_type") && !group.has("type") && group.has("factor")) {
                throw keys.refused(key, "none: scaled rotary positions are not supported");
            }
            if (group.has("full_attention") || group.has("sliding_attention")) {
                throw keys.refused(key, "one base: bases of each kind of layer are not supported");
            }
            for (String part : List.of("partial_rotary_factor", "mrope_section", "factor")) {
                group.require(part, "1 or none: it is not supported", "1", "1.0");
            }
        }
        return keys.group("rope_parameters")
                .number(
                        "rope_theta",
                        keys.group("rope_scaling").number("rope_theta", keys.number("rope_theta", usual)));
    }
}
