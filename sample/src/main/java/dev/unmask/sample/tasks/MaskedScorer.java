package dev.unmask.sample.tasks;

import dev.unmask.sample.Cancellation;
import dev.unmask.sample.Estimator;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodEstimate;
import dev.unmask.sample.LikelihoodSettings;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Scores continuations by a masked diffusion model. A continuation of one token is scored by the chain rule whatever
 * the estimator: all have the same expectation there, and this one no error.
 *
 * @param likelihood of the model
 * @param tokens cuts requests into tokens
 * @param estimation how likelihoods are estimated
 */
public record MaskedScorer(Likelihood likelihood, RequestTokens tokens, LikelihoodSettings estimation)
        implements Examinee {
    @Override
    public Map<String, Object> settings() {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("estimator", estimation.estimator().label());
        settings.put("guidance", estimation.guidance());
        settings.put("padded_length", estimation.paddedLength());
        if (estimation.estimator() != Estimator.CHAIN_RULE) {
            settings.put("samples", estimation.samples());
            settings.put("batch", estimation.batch());
            settings.put("seed", estimation.seed());
        }
        return tokens.describe(settings);
    }

    @Override
    public int batch() {
        return 1;
    }

    @Override
    public List<Outcome> answer(List<Question> questions, Cancellation cancellation) {
        return questions.stream().map(question -> answer(question, cancellation)).toList();
    }

    private Outcome answer(Question question, Cancellation cancellation) {
        // The answers of a document are compared, so they share their random numbers.
        LikelihoodSettings settings = estimation.withSeed(estimation.seed() + question.seed());
        List<Outcome.Score> scores = new ArrayList<>();
        boolean shortened = false;
        for (RequestTokens.Split split : tokens.split(question)) {
            boolean decodes = question.example() instanceof Example.Completion;
            scores.add(score(split, settings, decodes, cancellation));
            shortened |= split.shortened();
        }
        return new Outcome(scores, "", shortened);
    }

    private Outcome.Score score(
            RequestTokens.Split split, LikelihoodSettings settings, boolean decodes, Cancellation cancellation) {
        LikelihoodSettings best = split.target().length == 1 ? settings.withEstimator(Estimator.CHAIN_RULE) : settings;
        LikelihoodEstimate estimate = likelihood.estimate(split.prefix(), split.target(), best, cancellation);
        boolean greedy =
                decodes
                        && likelihood.greedilyDecoded(
                                split.prefix(), split.target(), settings.guidance(), cancellation);
        return new Outcome.Score(estimate.logLikelihood(), estimate.standardError(), greedy);
    }
}
