package dev.unmask.sample.tasks;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.Cancellation;
import dev.unmask.sample.Count;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SamplingListener;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Lets a masked diffusion model write answers in two passes (METHOD §4), as it was fine-tuned to: from the problem the
 * thought, and from the text of both, encoded anew, the answer.
 *
 * @param sampler of the model
 * @param tokens encodes problems
 * @param generation how answers are written
 */
public record MaskedWriter(MaskedSampler sampler, RequestTokens tokens, GenerationSettings generation)
        implements Examinee {
    @Override
    public Map<String, Object> settings() {
        Map<String, Object> settings = generation.byName();
        settings.remove("batch");
        return tokens.describe(settings);
    }

    @Override
    public int batch() {
        return generation.batch();
    }

    @Override
    public List<Outcome> answer(List<Question> questions, Cancellation cancellation) {
        List<int[]> problems =
                questions.stream().map(question -> tokens.encode("Question: " + problem(question))).toList();
        List<MaskedSequence> sequences = new ArrayList<>();
        for (int i = 0; i < problems.size(); i++) {
            int[] newest = WrittenText.newest(problems.get(i), generation.length() - 1);
            sequences.add(continuing(newest, questions.get(i)));
        }
        List<String> thoughts = written(sequences, generation.seed(), cancellation);
        List<String> answers = answers(questions, thoughts, cancellation);
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            boolean shortened = problems.get(i).length >= generation.length();
            outcomes.add(new Outcome(List.of(), answers.get(i), shortened));
        }
        return outcomes;
    }

    private static String problem(Question question) {
        return ((Example.Generation) question.example()).problem();
    }

    /** The second pass. A thought that leaves no room is all that there is. */
    private List<String> answers(List<Question> questions, List<String> thoughts, Cancellation cancellation) {
        List<String> answers = new ArrayList<>(thoughts);
        List<Integer> indices = new ArrayList<>();
        List<MaskedSequence> sequences = new ArrayList<>();
        for (int i = 0; i < thoughts.size(); i++) {
            int[] ids = tokens.encode(thoughts.get(i));
            if (ids.length < generation.length()) {
                indices.add(i);
                sequences.add(continuing(ids, questions.get(i)));
            }
        }
        List<String> written =
                sequences.isEmpty() ? List.of() : written(sequences, generation.seed() + 1, cancellation);
        for (int i = 0; i < written.size(); i++) {
            answers.set(indices.get(i), written.get(i));
        }
        return answers;
    }

    private MaskedSequence continuing(int[] prompt, Question question) {
        int stream = Math.floorMod(question.seed(), Integer.MAX_VALUE / sampler.denoiser().maxLength());
        return MaskedSequence.continuing(prompt, generation.length(), sampler.denoiser().maskToken(), stream);
    }

    private List<String> written(List<MaskedSequence> sequences, long seed, Cancellation cancellation) {
        TextTokenizer tokenizer = tokens.tokenizer();
        SamplerSettings settings =
                SamplerSettings.defaults()
                        .withCount(new Count.Smdm(OptionalInt.of(generation.steps()), Count.Smdm.EPSILON))
                        .withTemperature(generation.temperature())
                        .withGuidance(generation.guidance())
                        .withBannedTokens(WrittenText.nameless(tokenizer, sampler.denoiser().vocabulary()))
                        .withSeed(seed);
        return sampler.sample(sequences, settings, SamplingListener.until(cancellation)).stream()
                .map(Sample::ids)
                .map(ids -> WrittenText.of(tokenizer, ids))
                .toList();
    }
}
