package dev.unmask.sample.tasks;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.Cancellation;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.tensor.InputException;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Scores continuations by an autoregressive model, exactly.
 *
 * @param likelihood of the model
 * @param tokens cuts requests into tokens
 */
public record CausalScorer(CausalLikelihood likelihood, RequestTokens tokens) implements Examinee {
    @Override
    public Map<String, Object> settings() {
        return tokens.describe(new LinkedHashMap<>(Map.of("estimator", "exact")));
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
        cancellation.check("measuring a likelihood");
        List<RequestTokens.Split> splits = tokens.split(question);
        List<Outcome.Score> scores =
                likelihood.score(splits.stream().map(this::text).toList()).stream()
                        .map(score -> new Outcome.Score(score.logLikelihood(), OptionalDouble.of(0), score.greedy()))
                        .toList();
        return new Outcome(scores, "", splits.stream().anyMatch(RequestTokens.Split::shortened));
    }

    private CausalLikelihood.Text text(RequestTokens.Split split) {
        int[] prefix = split.prefix().length == 0 ? new int[] {first()} : split.prefix();
        return new CausalLikelihood.Text(prefix, split.target());
    }

    /** What stands before a text without a context, as in the harness: the token that begins texts, or ends them. */
    private int first() {
        TextTokenizer tokenizer = tokens.tokenizer();
        OptionalInt begin = tokenizer.beginOfText();
        return (begin.isPresent() ? begin : tokenizer.endOfText())
                .orElseThrow(() ->
                        new InputException(
                                "tokenizer: found no token that begins or ends a text, which an empty context needs"));
    }
}
