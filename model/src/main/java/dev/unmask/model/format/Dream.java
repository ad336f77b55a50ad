package dev.unmask.model.format;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.PublishedConfig;

import java.util.List;
import java.util.Map;

/**
 * Dream and DiffuCoder (arXiv 2508.15487, 2506.20639): Qwen2's network, bidirectional, whose distribution of a token is
 * read one position before it.
 */
public final class Dream extends Decoder {
    /** For the service loader. */
    public Dream() {
        super("dream", false, "Dream", "dream");
    }

    @Override
    Biases biases(PublishedConfig keys) {
        return Qwen2.BIASES;
    }

    @Override
    boolean queryNorms(PublishedConfig keys) {
        return false;
    }

    @Override
    boolean shifted() {
        return true;
    }

    @Override
    void write(Map<String, Object> keys, ModelConfig config) {
        fit(this, config, Qwen2.BIASES, false);
        keys.put("use_sliding_window", false);
        keys.put("model_type", "Dream");
        keys.put("architectures", List.of("DreamModel"));
    }
}
