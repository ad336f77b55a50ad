package dev.unmask.train.reversal;

import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;

import java.util.ArrayList;
import java.util.List;

/**
 * An autoregressive model: it goes on from what stands before the blank. What stands behind it, it cannot be shown.
 *
 * @param sampler of the model
 * @param length positions that it was trained with
 * @param end the token that ends a text
 */
public record CausalPupil(AutoregressiveSampler sampler, int length, int end) implements Pupil {
    @Override
    public List<int[]> answers(List<Question> questions) {
        List<Prompt> prompts = new ArrayList<>();
        for (Question question : questions) {
            prompts.add(new Prompt(question.before(), prompts.size()));
        }
        List<Sample> samples =
                sampler.sample(
                        prompts, AutoregressiveSettings.ofLength(length).withTemperature(0).withEndToken(end));
        List<int[]> answers = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            answers.add(Sentences.upTo(end, samples.get(i).ids(), questions.get(i).before().length));
        }
        return answers;
    }
}
