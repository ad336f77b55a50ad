package dev.unmask.sample;

import dev.unmask.model.LanguageModel;
import dev.unmask.tensor.InputException;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Goes on with a text, by a masked or an autoregressive model. Ids that stand for no token are never chosen. */
public final class TextSampler {
    private final LanguageModel model;
    private final Optional<MaskedSampler> masked;
    private final Optional<AutoregressiveSampler> causal;

    /**
     * A sampler that keeps its programs for further texts.
     *
     * @param model a model of either kind
     */
    public TextSampler(LanguageModel model) {
        this.model = model;
        boolean isCausal = model.config().causal();
        this.masked = isCausal ? Optional.empty() : Optional.of(new MaskedSampler(model));
        this.causal = isCausal ? Optional.of(new AutoregressiveSampler(model)) : Optional.empty();
    }

    /**
     * Goes on with a text.
     *
     * @param prompt how it begins; a causal model needs at least one token
     * @param length tokens of the whole text, the prompt included
     * @param settings how to sample; an autoregressive model takes the temperature, the banned tokens and the seed
     * @return the whole text, up to the end that the model gave it
     * @throws InputException if the prompt is too long
     */
    public String sample(String prompt, int length, SamplerSettings settings) {
        int[] ids = sample(prompt, length, 1, settings, SamplingListener.NONE).getFirst().ids();
        int from = model.tokenizer().encode(prompt).length;
        int end = from;
        while (end < ids.length && model.tokenizer().endOfText().orElse(-1) != ids[end]) {
            end++;
        }
        return model.tokenizer().decode(IntStream.range(0, end).map(i -> ids[i]).toArray());
    }

    /**
     * Goes on with a text in several ways at once.
     *
     * @param prompt how it begins; a causal model needs at least one token
     * @param length tokens of the whole text, the prompt included
     * @param count how many ways, at least 1
     * @param settings how to sample; an autoregressive model takes the temperature, the banned tokens and the seed
     * @param listener sees every step of a masked model
     * @return whole sequences, the prompt included
     * @throws InputException if the prompt is too long
     */
    public List<Sample> sample(
            String prompt, int length, int count, SamplerSettings settings, SamplingListener listener) {
        Expect.atLeast("count", count, 1);
        int[] ids = model.tokenizer().encode(prompt);
        Set<Integer> banned = new HashSet<>(settings.bannedTokens());
        banned.addAll(model.unassigned());
        if (masked.isPresent()) {
            int maskToken = masked.get().denoiser().maskToken();
            List<MaskedSequence> blanks =
                    IntStream.range(0, count)
                            .mapToObj(i -> MaskedSequence.continuing(ids, length, maskToken, i))
                            .toList();
            return masked.get().sample(blanks, settings.withBannedTokens(banned), listener);
        }
        AutoregressiveSettings causally =
                AutoregressiveSettings.ofLength(length)
                        .withTemperature(settings.temperature())
                        .withBannedTokens(banned)
                        .withSeed(settings.seed());
        if (model.tokenizer().endOfText().isPresent()) {
            causally = causally.withEndToken(model.tokenizer().endOfText().getAsInt());
        }
        List<Prompt> prompts = IntStream.range(0, count).mapToObj(i -> new Prompt(ids, i)).toList();
        return causal.orElseThrow().sample(prompts, causally);
    }
}
