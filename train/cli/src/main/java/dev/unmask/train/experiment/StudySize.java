package dev.unmask.train.experiment;

import dev.unmask.model.ModelConfig;
import dev.unmask.train.TrainerSettings;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How large the models of an experiment are and how long they are trained.
 *
 * @param layers of every model
 * @param width of every model, a multiple of 32
 * @param batch sequences of a step
 * @param length positions of a sequence
 * @param steps of training
 * @param peak the highest learning rate
 */
public record StudySize(int layers, int width, int batch, int length, long steps, double peak) {
    private static final int HEAD = 32;
    private static final int HIDDEN = 3;

    /**
     * A model of this size.
     *
     * @param vocabulary tokens
     * @param causal autoregressive or masked
     * @return its configuration
     */
    public ModelConfig config(int vocabulary, boolean causal) {
        return ModelConfig.masked(layers, Math.max(1, width / HEAD), width, HIDDEN * width, vocabulary)
                .withCausal(causal);
    }

    /**
     * How it is trained.
     *
     * @return settings
     */
    public TrainerSettings training() {
        return StudyText.settings(steps, batch, length, peak);
    }

    /**
     * What numbers depend on.
     *
     * @return settings by name
     */
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("model", layers + " layers of " + width);
        settings.put("steps", steps + " of " + batch + " × " + length + " tokens");
        settings.put("learning rate", String.valueOf(peak));
        return settings;
    }
}
