package dev.unmask.model.format;

import dev.unmask.tensor.InputException;

import java.util.Map;

/**
 * What a family calls the parameters: stems of names, without {@code .weight} and {@code .bias}.
 *
 * @param outside of what stands outside of the blocks
 * @param blocks how the name of a block begins, {@code #} standing for its number
 * @param inside of what stands in a block
 */
record Names(Map<String, String> outside, String blocks, Map<String, String> inside) {
    private static final String BLOCK = "transformer.h.";

    /** Names of Hugging Face's decoders of the Llama kind. */
    static final Names DECODER =
            new Names(
                    Map.of(
                            "transformer.wte", "model.embed_tokens",
                            "transformer.ln_f", "model.norm",
                            "lm_head", "lm_head"),
                    "model.layers.#.",
                    Map.ofEntries(
                            Map.entry("norm_1", "input_layernorm"),
                            Map.entry("attn.q", "self_attn.q_proj"),
                            Map.entry("attn.k", "self_attn.k_proj"),
                            Map.entry("attn.v", "self_attn.v_proj"),
                            Map.entry("attn.q_norm", "self_attn.q_norm"),
                            Map.entry("attn.k_norm", "self_attn.k_norm"),
                            Map.entry("attn.proj", "self_attn.o_proj"),
                            Map.entry("norm_2", "post_attention_layernorm"),
                            Map.entry("mlp.swiglu.w1", "mlp.gate_proj"),
                            Map.entry("mlp.swiglu.w2", "mlp.up_proj"),
                            Map.entry("mlp.swiglu.w3", "mlp.down_proj")));

    String published(String parameter) {
        int end = parameter.lastIndexOf('.');
        String stem = parameter.substring(0, end);
        String part = parameter.substring(end);
        if (!stem.startsWith(BLOCK)) {
            return known(outside, stem, parameter) + part;
        }
        int number = stem.indexOf('.', BLOCK.length());
        String layer = stem.substring(BLOCK.length(), number);
        return blocks.replace("#", layer) + known(inside, stem.substring(number + 1), parameter) + part;
    }

    private static String known(Map<String, String> names, String stem, String parameter) {
        String name = names.get(stem);
        if (name == null) {
            throw new InputException("parameter " + parameter + ": found a network that this family has no name for");
        }
        return name;
    }
}
