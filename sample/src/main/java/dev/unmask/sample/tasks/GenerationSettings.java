package dev.unmask.sample.tasks;

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
public record GenerationSettings(int length, int steps, double temperature, double guidance, int batch, long seed) {}
