package dev.unmask.sample;

import dev.unmask.model.LanguageModel;
import dev.unmask.tensor.InputException;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Goes on with texts, by a masked or an autoregressive model. Ids that stand for no token are never chosen.
 *
 * <p>An autoregressive model takes of {@link SamplerSettings} the filters of logits, the ends that are suppressed and
 * the seed; everything else is about masks.
 *
 * <p>Used by one thread at a time, as the model is.
 */
public final class TextSampler {
    private final LanguageModel model;
    private final Set<Integer> ends;
    private final Set<Integer> unassigned;
    private final Optional<MaskedSampler> masked;
    private final Optional<AutoregressiveSampler> causal;

    /**
     * A text to be written.
     *
     * @param prompt how it begins; a causal model needs at least one token
     * @param length tokens of the whole text, the prompt included
     * @param stream tells its random numbers from those of others with the same seed, at least 0
     */
    public record Request(String prompt, int length, int stream) {}

    /**
     * A text that was written.
     *
     * @param text the prompt and what follows it, up to the end that the model gave it
     * @param continuation what follows the prompt, up to the end that the model gave it
     * @param prompt tokens of the prompt
     * @param sample all tokens of the text, those behind its end too
     */
    public record Written(String text, String continuation, int prompt, Sample sample) {}

    /**
     * A sampler that keeps its programs for further texts.
     *
     * @param model a model of either kind
     */
    public TextSampler(LanguageModel model) {
        this(model, model.ends());
    }

    /**
     * A sampler of texts that end as the caller says, such as answers by {@link LanguageModel#answerEnds}.
     *
     * @param model a model of either kind
     * @param ends the tokens after any of which a text is over
     */
    public TextSampler(LanguageModel model, Set<Integer> ends) {
        this.model = model;
        this.ends = Set.copyOf(ends);
        this.unassigned = model.unassigned();
        boolean isCausal = model.config().causal();
        this.masked = isCausal ? Optional.empty() : Optional.of(new MaskedSampler(model));
        this.causal = isCausal ? Optional.of(new AutoregressiveSampler(model)) : Optional.empty();
    }

    /**
     * Goes on with a text.
     *
     * @param prompt how it begins; a causal model needs at least one token
     * @param length tokens of the whole text, the prompt included
     * @param settings how to sample
     * @return the whole text, up to the end that the model gave it
     * @throws InputException if the prompt is too long
     */
    public String sample(String prompt, int length, SamplerSettings settings) {
        return sample(List.of(new Request(prompt, length, 0)), settings, 1).getFirst().text();
    }

    /**
     * Goes on with many texts, some with prompts of like lengths at a time. Each becomes what it becomes alone.
     *
     * @param requests how they begin
     * @param settings how to sample
     * @param batch how many texts go through the model together, at least 1
     * @return the texts, in the order of the requests
     * @throws InputException if a prompt is too long, or empty for a causal model
     */
    public List<Written> sample(List<Request> requests, SamplerSettings settings, int batch) {
        return sample(requests, settings, batch, SamplingListener.NONE);
    }

    /**
     * As {@link #sample(List, SamplerSettings, int)}, and tells of every step.
     *
     * @param requests how they begin
     * @param settings how to sample
     * @param batch how many texts go through the model together, at least 1
     * @param listener sees every step of each batch
     * @return the texts, in the order of the requests
     * @throws InputException if a prompt is too long, or empty for a causal model
     */
    public List<Written> sample(
            List<Request> requests, SamplerSettings settings, int batch, SamplingListener listener) {
        Expect.atLeast("batch", batch, 1);
        Set<Integer> banned = new HashSet<>(settings.bannedTokens());
        banned.addAll(unassigned);
        SamplerSettings allowed = settings.withBannedTokens(banned);
        List<Begun> begun = IntStream.range(0, requests.size()).mapToObj(i -> begun(i, requests.get(i))).toList();
        Written[] written = new Written[begun.size()];
        List<Begun> byLength = begun.stream().sorted(Comparator.comparingInt(text -> text.ids().length)).toList();
        for (int first = 0; first < byLength.size(); first += batch) {
            List<Begun> together = byLength.subList(first, Math.min(byLength.size(), first + batch));
            List<Sample> samples =
                    masked.isPresent()
                            ? masked(masked.get(), together, allowed, listener)
                            : causal(together, allowed, listener);
            for (int i = 0; i < samples.size(); i++) {
                Begun text = together.get(i);
                written[text.index()] = written(text, samples.get(i));
            }
        }
        return List.of(written);
    }

    /**
     * What its passes have computed so far.
     *
     * @return of an autoregressive model {@link Computed#NOTHING}: nobody counts
     */
    public Computed computed() {
        return masked.map(sampler -> sampler.denoiser().computed()).orElse(Computed.NOTHING);
    }

    /**
     * How many tokens a prompt has.
     *
     * @param prompt how a text begins
     * @return at least 0, of a causal model at least 1
     * @throws InputException if it is empty, and the model is causal
     */
    public int tokens(String prompt) {
        return ids(prompt).length;
    }

    private int[] ids(String prompt) {
        int[] ids = model.tokenizer().encode(prompt);
        Expect.that(
                ids.length > 0 || masked.isPresent(),
                "prompt: found no token, but an autoregressive model needs at least one to go on from");
        return ids;
    }

    /** A request, its place among the others, and the tokens of its prompt. */
    private record Begun(int index, Request request, int[] ids) {}

    private Begun begun(int index, Request request) {
        int[] ids = ids(request.prompt());
        Expect.that(
                ids.length <= request.length(),
                "length: found %d, expected at least the %d tokens of the prompt",
                request.length(),
                ids.length);
        return new Begun(index, request, ids);
    }

    private static List<Sample> masked(
            MaskedSampler sampler, List<Begun> texts, SamplerSettings settings, SamplingListener listener) {
        int maskToken = sampler.denoiser().maskToken();
        List<MaskedSequence> sequences =
                texts.stream()
                        .map(text ->
                                MaskedSequence.continuing(
                                        text.ids(), text.request().length(), maskToken, text.request().stream()))
                        .toList();
        return sampler.sample(sequences, settings, listener);
    }

    /** All as long as the longest: what a shorter one should not have written is cut off. */
    private List<Sample> causal(List<Begun> texts, SamplerSettings settings, SamplingListener listener) {
        int longest = texts.stream().mapToInt(text -> text.request().length()).max().orElseThrow();
        AutoregressiveSettings causally =
                AutoregressiveSettings.ofLength(longest)
                        .withFilters(settings.filters().withBanned(settings.bannedTokens()))
                        .withSeed(settings.seed())
                        .withEnds(ends);
        List<Prompt> prompts = texts.stream().map(text -> new Prompt(text.ids(), text.request().stream())).toList();
        List<Sample> samples = causal.orElseThrow().sample(prompts, causally, listener);
        return IntStream.range(0, samples.size()).mapToObj(i -> cut(samples.get(i), texts.get(i))).toList();
    }

    private static Sample cut(Sample sample, Begun text) {
        int length = Math.min(text.request().length(), sample.ids().length);
        return new Sample(
                Arrays.copyOf(sample.ids(), length),
                Arrays.copyOf(sample.logConfidence(), length),
                Math.min(sample.evaluations(), length - text.ids().length));
    }

    private Written written(Begun text, Sample sample) {
        int prompt = text.ids().length;
        int end = prompt;
        while (end < sample.ids().length && !ends.contains(sample.ids()[end])) {
            end++;
        }
        return new Written(
                model.tokenizer().decode(Arrays.copyOf(sample.ids(), end)),
                model.tokenizer().decode(Arrays.copyOfRange(sample.ids(), prompt, end)),
                prompt,
                sample);
    }
}
