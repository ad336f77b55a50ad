package dev.unmask.model.format;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.PublishedConfig;

import java.util.List;
import java.util.Map;

/**
 * Llama (Touvron et al., arXiv 2302.13971) and what is built like it: causal, no biases unless the file asks for them.
 */
public final class Llama extends Decoder {
    /** For the service loader. */
    public Llama() {
        super("llama", true, "llama");
    }

    @Override
    Biases biases(PublishedConfig keys) {
        boolean attention = keys.flag("attention_bias", false);
        return new Biases(attention, attention, keys.flag("mlp_bias", false));
    }

    @Override
    boolean queryNorms(PublishedConfig keys) {
        return false;
    }

    @Override
    void write(Map<String, Object> keys, ModelConfig config) {
        boolean attention = config.network().projections().bias();
        boolean mlp = config.network().mlpBias();
        fit(this, config, new Biases(attention, attention, mlp), false);
        keys.put("attention_bias", attention);
        keys.put("mlp_bias", mlp);
        keys.put("model_type", "llama");
        keys.put("architectures", List.of("LlamaForCausalLM"));
    }
}
