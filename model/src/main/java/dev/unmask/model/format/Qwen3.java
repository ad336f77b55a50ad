package dev.unmask.model.format;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.PublishedConfig;

import java.util.List;
import java.util.Map;

/** Qwen3 (arXiv 2505.09388): causal, with norms of queries and keys and a head size of its own. */
public final class Qwen3 extends Decoder {
    /** For the service loader. */
    public Qwen3() {
        super("qwen3", true, "qwen3");
    }

    @Override
    Biases biases(PublishedConfig keys) {
        boolean attention = keys.flag("attention_bias", false);
        return new Biases(attention, attention, false);
    }

    @Override
    boolean queryNorms(PublishedConfig keys) {
        return true;
    }

    @Override
    void write(Map<String, Object> keys, ModelConfig config) {
        boolean attention = config.network().projections().bias();
        fit(this, config, new Biases(attention, attention, false), true);
        keys.put("attention_bias", attention);
        keys.put("use_sliding_window", false);
        keys.put("model_type", "qwen3");
        keys.put("architectures", List.of("Qwen3ForCausalLM"));
    }
}
