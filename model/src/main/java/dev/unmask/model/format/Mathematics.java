package dev.unmask.model.format;

import dev.unmask.model.Int8Weights;
import dev.unmask.model.PublishedConfig;

import java.util.List;
import java.util.stream.Stream;

/**
 * Keys of published configurations that change the mathematics in a way that no family here computes, with the values
 * that change nothing. A missing key changes nothing either.
 */
final class Mathematics {
    private record Rule(String expected, List<String> neutral, List<String> keys) {}

    private static final List<Rule> RULES =
            List.of(
                    new Rule(
                            "none: weights that others have quantised are not supported; get the model in bfloat16 or"
                                    + " float32",
                            List.of(Int8Weights.QUANTIZATION),
                            List.of("quantization_config", "compression_config")),
                    new Rule(
                            "none: mixtures of experts are not supported",
                            List.of("0", "[]"),
                            List.of(
                                    "num_experts",
                                    "n_experts",
                                    "moe_num_experts",
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
                            "none: scaled or interleaved rotary positions are not supported",
                            List.of("false", "1", "1.0", "\"default\""),
                            List.of(
                                    "rope_type",
                                    "rope_scaling_type",
                                    "rope_scaling_factor",
                                    "rope_interleave",
                                    "rope_interleaved",
                                    "rope_local_base_freq",
                                    "use_dynamic_ntk",
                                    "use_logn_attn",
                                    "attn_temperature_tuning")),
                    new Rule(
                            "true: a network without rotary positions is not supported",
                            List.of("true"),
                            List.of("use_rope", "use_rotary", "scale_attn_weights")),
                    new Rule(
                            "false: norms at other places are not supported",
                            List.of("false"),
                            List.of(
                                    "norm_after",
                                    "use_post_norm",
                                    "sandwich_norm",
                                    "apply_residual_connection_post_layernorm")),
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
                            List.of("is_encoder_decoder", "add_cross_attention", "use_mrope", "mrope_interleaved")),
                    new Rule(
                            "none: this is a network of text alone; take the model of text out of it",
                            List.of(),
                            List.of("text_config", "vision_config", "audio_config")));

    /** What families and their relatives call the activation of the MLP. */
    private static final List<String> ACTIVATIONS =
            List.of("hidden_act", "hidden_activation", "activation_function", "activation_type", "act_fn");

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

    /** Refuses another activation of the MLP, whatever the key is called. */
    static void requireActivation(PublishedConfig keys, String... names) {
        for (String key : ACTIVATIONS) {
            keys.require(
                    key,
                    names[0] + ": other activations are not supported",
                    Stream.of(names).map(name -> '"' + name + '"').toArray(String[]::new));
        }
    }

    /** Refuses heads that together are not as wide as the model, in a family that has no key for their size. */
    static int headsOf(PublishedConfig keys, String heads, int width) {
        int count = keys.size(heads);
        if (width % count != 0) {
            throw keys.refused(heads, "a divisor of the width " + width);
        }
        keys.require("head_dim", width / count + ": this family divides its width by its heads", "" + width / count);
        return count;
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
        double plain = keys.number("rope_theta", usual);
        double scaled = keys.group("rope_scaling").number("rope_theta", plain);
        double base = keys.group("rope_parameters").number("rope_theta", scaled);
        if (keys.has("rope_theta") && plain != base) {
            throw keys.refused("rope_theta", base + ", as rope_parameters or rope_scaling says");
        }
        return base;
    }
}
