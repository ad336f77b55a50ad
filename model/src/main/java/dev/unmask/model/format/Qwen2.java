package dev.unmask.model.format;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.PublishedConfig;

import java.util.List;
import java.util.Map;

/** Qwen2 and Qwen2.5 (arXiv 2407.10671): causal, with biases of queries, keys and values. */
public final class Qwen2 extends Decoder {
    static final Biases BIASES = new Biases(true, false, false);

    /** For the service loader. */
    public Qwen2() {
        super("qwen2", true, "qwen2");
    }

    @Override
    Biases biases(PublishedConfig keys) {
        return BIASES;
    }

    @Override
    boolean queryNorms(PublishedConfig keys) {
        return false;
    }

    @Override
    void write(Map<String, Object> keys, ModelConfig config) {
        fit(this, config, BIASES, false);
        keys.put("use_sliding_window", false);
        keys.put("model_type", "qwen2");
        keys.put("architectures", List.of("Qwen2ForCausalLM"));
    }
}
