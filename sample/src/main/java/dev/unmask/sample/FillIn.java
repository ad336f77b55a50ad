package dev.unmask.sample;

import dev.unmask.model.TextTokenizer;
import dev.unmask.tensor.InputException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Fills blanks anywhere in a text: {@code The capital of ____ is ____.}
 *
 * <p>A blank is three or more underscores, or {@code [MASK]}, which stands for one token and may be repeated; {@code
 * :n} behind either says how many tokens to fill in.
 */
public final class FillIn {
    /** Drawn for each further alternative asked for, since some draws are equal. */
    private static final int DRAWS = 4;

    private final MaskedSampler sampler;
    private final TextTokenizer tokenizer;

    /**
     * Fills blanks with a model's words.
     *
     * @param sampler samples from the model
     * @param tokenizer the tokenizer that the model was trained with
     * @throws InputException if the tokenizer has more tokens than the model
     */
    public FillIn(MaskedSampler sampler, TextTokenizer tokenizer) {
        Expect.that(
                tokenizer.vocabulary() <= sampler.config().vocabulary(),
                "tokenizer: found %d tokens, expected at most the model's %d; use the one the model was trained with",
                tokenizer.vocabulary(),
                sampler.config().vocabulary());
        this.sampler = sampler;
        this.tokenizer = tokenizer;
    }

    /**
     * Fills the blanks of a text.
     *
     * @param text with at least one blank
     * @param settings how to fill it
     * @return different fillings, the most confident first; at least one
     * @throws InputException if there is no blank, or the text is too long for the model
     */
    public List<Filling> fill(String text, FillSettings settings) {
        return fill(text, settings, SamplingListener.NONE);
    }

    /**
     * Fills the blanks of a text and tells of every step of the first filling.
     *
     * @param text with at least one blank
     * @param settings how to fill it
     * @param listener sees every step of the first filling
     * @return different fillings, the most confident first; at least one
     * @throws InputException if there is no blank, or the text is too long for the model
     */
    public List<Filling> fill(String text, FillSettings settings, SamplingListener listener) {
        int maskToken = sampler.config().maskToken();
        BlankText blankText = BlankText.parse(text, tokenizer, maskToken, settings.tokensPerBlank());
        List<Sample> samples = new ArrayList<>();
        samples.addAll(
                sampler.sample(
                        List.of(MaskedSequence.infilling(blankText.ids(), maskToken, 0)),
                        settings.sampler(),
                        listener));
        if (settings.alternatives() > 1) {
            List<MaskedSequence> draws = new ArrayList<>();
            for (int i = 1; i <= DRAWS * (settings.alternatives() - 1); i++) {
                draws.add(MaskedSequence.infilling(blankText.ids(), maskToken, i));
            }
            samples.addAll(
                    sampler.sample(draws, settings.sampler().withTemperature(settings.alternativeTemperature())));
        }
        Set<String> seen = new HashSet<>();
        return samples.stream()
                .map(sample -> filling(sample, blankText))
                .sorted(Comparator.comparingDouble((Filling filling) -> -filling.logConfidence()))
                .filter(filling -> seen.add(filling.text()))
                .limit(settings.alternatives())
                .toList();
    }

    private Filling filling(Sample sample, BlankText blankText) {
        List<Filling.Blank> blanks = new ArrayList<>();
        double total = 0;
        for (BlankText.Span span : blankText.blanks()) {
            double logConfidence = 0;
            for (int i = span.from(); i < span.to(); i++) {
                logConfidence += sample.logConfidence()[i];
            }
            String text = decode(Arrays.copyOfRange(sample.ids(), span.from(), span.to()));
            blanks.add(
                    new Filling.Blank(
                            text.startsWith(" ") ? text.substring(1) : text, span.to() - span.from(), logConfidence));
            total += logConfidence;
        }
        return new Filling(decode(sample.ids()), blanks, total);
    }

    /** A model's vocabulary may be padded beyond its tokenizer's; such an id has no text. */
    private String decode(int[] ids) {
        return tokenizer.decode(Arrays.stream(ids).filter(id -> id < tokenizer.vocabulary()).toArray());
    }
}
