package dev.unmask.sample.tasks;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.Cancellation;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplingListener;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Lets an autoregressive model write answers as the harness does: after its context, up to the end of the text, one of
 * its stops, or the length.
 *
 * @param sampler of the model
 * @param config of the model
 * @param tokens encodes contexts
 * @param generation how answers are written
 */
public record CausalWriter(
        AutoregressiveSampler sampler, ModelConfig config, RequestTokens tokens, GenerationSettings generation)
        implements Examinee {
    @Override
    public Map<String, Object> settings() {
        Map<String, Object> settings = generation.byName();
        settings.keySet().removeAll(List.of("batch", "steps", "guidance"));
        return tokens.describe(settings);
    }

    @Override
    public int batch() {
        return generation.batch();
    }

    @Override
    public List<Outcome> answer(List<Question> questions, Cancellation cancellation) {
        // A context keeps as much room for its answer as it can.
        int most = Math.max(1, config.maxLength() - generation.length());
        List<int[]> contexts = questions.stream().map(q -> tokens.encode(q.example().context())).toList();
        List<int[]> seen = contexts.stream().map(ids -> WrittenText.newest(ids, most)).toList();
        List<Sample> samples =
                sampler.sample(prompts(questions, seen), settings(seen), SamplingListener.until(cancellation));
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            int start = seen.get(i).length;
            int[] ids = samples.get(i).ids();
            int[] written = Arrays.copyOfRange(ids, start, Math.min(ids.length, start + generation.length()));
            outcomes.add(
                    new Outcome(
                            List.of(),
                            cut(WrittenText.of(tokens.tokenizer(), written)),
                            contexts.get(i).length > most));
        }
        return outcomes;
    }

    private List<Prompt> prompts(List<Question> questions, List<int[]> contexts) {
        int streams = Integer.MAX_VALUE / config.maxLength();
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < contexts.size(); i++) {
            prompts.add(new Prompt(contexts.get(i), Math.floorMod(questions.get(i).seed(), streams)));
        }
        return prompts;
    }

    private AutoregressiveSettings settings(List<int[]> contexts) {
        TextTokenizer tokenizer = tokens.tokenizer();
        int longest = contexts.stream().mapToInt(context -> context.length).max().orElseThrow();
        AutoregressiveSettings settings =
                AutoregressiveSettings.ofLength(Math.min(config.maxLength(), longest + generation.length()))
                        .withTemperature(generation.temperature())
                        .withBannedTokens(WrittenText.nameless(tokenizer, config.vocabulary()))
                        .withSeed(generation.seed());
        return tokenizer.endOfText().isPresent() ? settings.withEndToken(tokenizer.endOfText().getAsInt()) : settings;
    }

    private static String cut(String text) {
        int end = text.length();
        for (String stop : Example.Generation.STOPS) {
            int at = text.indexOf(stop);
            end = at < 0 ? end : Math.min(end, at);
        }
        return text.substring(0, PythonText.endOfText(text.substring(0, end)));
    }
}
