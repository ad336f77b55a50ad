package dev.unmask.model.format;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.PublishedConfig;

import java.util.List;
import java.util.Map;

/** Causal models made bidirectional, as the dllm library publishes them: Qwen3's network, or Qwen2's, or Llama's. */
public final class A2d extends Decoder {
    /** For the service loader. */
    public A2d() {
        super("a2d", false, "a2d-qwen3", "a2d-qwen2", "a2d-llama");
    }

    @Override
    Biases biases(PublishedConfig keys) {
        return switch (keys.modelType()) {
            case "a2d-qwen3" -> new Qwen3().biases(keys);
            case "a2d-qwen2" -> Qwen2.BIASES;
            case "a2d-llama" -> new Llama().biases(keys);
            default -> throw unknown(keys);
        };
    }

    @Override
    boolean queryNorms(PublishedConfig keys) {
        return keys.modelType().equals("a2d-qwen3");
    }

    @Override
    void write(Map<String, Object> keys, ModelConfig config) {
        boolean bias = config.network().projections().bias();
        boolean output = config.network().projections().outputBias();
        if (config.network().projections().norms()) {
            fit(this, config, new Biases(output, output, false), true);
            keys.put("attention_bias", output);
            put(keys, "a2d-qwen3", "A2DQwen3LMHeadModel");
        } else if (bias && !output) {
            fit(this, config, Qwen2.BIASES, false);
            put(keys, "a2d-qwen2", "A2DQwen2LMHeadModel");
        } else {
            boolean mlp = config.network().mlpBias();
            fit(this, config, new Biases(output, output, mlp), false);
            keys.put("attention_bias", output);
            keys.put("mlp_bias", mlp);
            put(keys, "a2d-llama", "A2DLlamaLMHeadModel");
        }
    }

    private static void put(Map<String, Object> keys, String type, String architecture) {
        keys.put("model_type", type);
        keys.put("architectures", List.of(architecture));
    }
}
