package dev.unmask.sample.tasks;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How answers are written.
 *
 * @param length of a masked model the tokens of problem and answer together; of an autoregressive one those of the
 *     answer alone at the most
 * @param steps of each of a masked model's two passes over the text; an autoregressive one has none
 * @param temperature {@code T}; 0: the likeliest token
 * @param guidance scale of classifier-free guidance of a masked model
 * @param batch problems at a time
 * @param seed of all random numbers
 */
public record GenerationSettings(int length, int steps, double temperature, double guidance, int batch, long seed) {
    Map<String, Object> byName() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("length", length);
        settings.put("steps", steps);
        settings.put("temperature", temperature);
        settings.put("guidance", guidance);
        settings.put("batch", batch);
        settings.put("seed", seed);
        return settings;
    }
}
