package dev.unmask.train.reversal;

import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SamplingListener;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A masked model: all that is not known is masked, wherever it stands, and filled in, the surest first.
 *
 * @param sampler of the model
 * @param length positions that it was trained with
 * @param end the token that ends a text
 * @param settings how it is filled in
 */
public record MaskedPupil(MaskedSampler sampler, int length, int end, SamplerSettings settings) implements Pupil {
    @Override
    public List<int[]> answers(List<Question> questions) {
        List<MaskedSequence> sequences = new ArrayList<>();
        for (Question question : questions) {
            sequences.add(sequence(question, sequences.size()));
        }
        List<Sample> samples = sampler.sample(sequences, settings);
        List<int[]> answers = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            answers.add(answer(questions.get(i), samples.get(i)));
        }
        return answers;
    }

    /**
     * Answers one question and tells how.
     *
     * @param question the question
     * @param listener sees every step
     * @return the tokens of the blank
     */
    public int[] answer(Question question, SamplingListener listener) {
        return answer(
                question, sampler.sample(List.of(sequence(question, 0)), settings, listener).getFirst());
    }

    private int[] answer(Question question, Sample sample) {
        int from = question.before().length;
        return question.after().length == 0
                ? Sentences.upTo(end, sample.ids(), from)
                : Arrays.copyOfRange(sample.ids(), from, from + question.answer().length);
    }

    private MaskedSequence sequence(Question question, int stream) {
        int mask = sampler.denoiser().maskToken();
        if (question.after().length == 0) {
            return MaskedSequence.continuing(question.before(), length, mask, stream);
        }
        int blank = question.answer().length;
        int before = question.before().length;
        int[] ids = Arrays.copyOf(question.before(), before + blank + question.after().length);
        Arrays.fill(ids, before, before + blank, mask);
        System.arraycopy(question.after(), 0, ids, before + blank, question.after().length);
        return MaskedSequence.infilling(ids, mask, stream);
    }
}
