package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.Cancellation;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodEstimate;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.TokenLikelihood;
import dev.unmask.serve.engine.Job;
import dev.unmask.serve.http.ApiException;
import dev.unmask.serve.http.Endpoint;
import dev.unmask.serve.http.Exchange;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** {@code POST /v1/score}: how likely a text is, token by token where the estimator goes so. */
final class ScoreEndpoint implements Endpoint {
    private static final int BATCH = 16;
    private static final int MOST_SAMPLES = 1 << 14;

    private final Desk desk;
    private final ServedModel model;

    ScoreEndpoint(Desk desk, ServedModel model) {
        this.desk = desk;
        this.model = model;
    }

    /**
     * What is asked.
     *
     * @param ids the whole text
     * @param from the first token to be scored
     * @param to one more than the last
     */
    private record Asked(int[] ids, int from, int to, String estimator, int samples, double guidance, long seed) {
        BitSet scored() {
            BitSet scored = new BitSet();
            scored.set(from, to);
            return scored;
        }
    }

    /**
     * What was found.
     *
     * @param each {@code ln p} of each scored token; none where only the sum is known
     */
    private record Found(double logLikelihood, OptionalDouble error, int evaluations, double[] each) {
        static Found of(double[] each) {
            return new Found(Arrays.stream(each).sum(), OptionalDouble.of(0), each.length, each);
        }

        static Found of(LikelihoodEstimate estimate) {
            return new Found(
                    estimate.logLikelihood(), estimate.standardError(), estimate.evaluations(), new double[0]);
        }
    }

    @Override
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        Asked asked = read(new Fields(exchange.body()));
        Found found = desk.result(exchange, new Job.Computation<>("score", waiting -> compute(asked, waiting)));
        exchange.json(200, describe(asked, found));
    }

    private Asked read(Fields fields) {
        model.requireNamed(fields);
        Optional<String> text = fields.text("text");
        String prefix = fields.text("prefix").orElse("");
        Optional<JsonNode> tokens = fields.any("tokens");
        List<String> estimators =
                model.causal()
                        ? List.of(TokenLikelihood.Given.BEFORE.label())
                        : Stream.concat(
                                        Stream.of(TokenLikelihood.Given.ALL_OTHERS.label()),
                                        Arrays.stream(Estimator.values()).map(Estimator::label))
                                .toList();
        String estimator = fields.word("estimator", estimators).orElse(estimators.getFirst());
        int samples = fields.integer("samples", 1, MOST_SAMPLES).orElse(128);
        double guidance = fields.number("guidance", 0, 1000).orElse(0.0);
        if (guidance > 0 && (model.causal() || estimator.equals(TokenLikelihood.Given.ALL_OTHERS.label()))) {
            throw ApiException.wrong(
                    "guidance", "guidance: found " + guidance + ", expected 0: " + estimator + " goes without");
        }
        long seed = fields.wide("seed").orElse(0L);
        fields.refuseOthers();
        if (text.isPresent() == tokens.isPresent()) {
            throw ApiException.wrong("text", "text: expected it or tokens, one of them");
        }
        int[] ids;
        int from = 0;
        if (tokens.isPresent()) {
            ids = model.textIds("tokens", tokens.get());
        } else {
            ids = model.language().tokenizer().encode(prefix + text.get());
            int[] before = model.language().tokenizer().encode(prefix);
            int common = Arrays.mismatch(before, ids);
            from = common < 0 ? before.length : common;
        }
        return enclosed(ids, from, estimator, samples, guidance, seed);
    }

    /** Puts tokens around it that begin and end every text, where the model was trained so. */
    private Asked enclosed(int[] ids, int from, String estimator, int samples, double guidance, long seed) {
        TextTokenizer tokenizer = model.language().tokenizer();
        boolean begins =
                tokenizer.beginsTexts() && (ids.length == 0 || ids[0] != tokenizer.beginOfText().orElseThrow());
        boolean ends = tokenizer.endsTexts() && !model.causal() && begins;
        int[] all = ids;
        if (begins) {
            all = IntStream.concat(IntStream.of(tokenizer.beginOfText().orElseThrow()), IntStream.of(all)).toArray();
        }
        int to = all.length;
        if (ends) {
            all = IntStream.concat(IntStream.of(all), IntStream.of(tokenizer.endOfText().orElseThrow())).toArray();
        }
        int first = from + (begins ? 1 : 0);
        // A causal model cannot say how likely a first token is.
        if (model.causal() && first == 0) {
            first = 1;
        }
        if (first >= to) {
            throw ApiException.wrong("text", "text: found nothing to be measured, expected at least one token of it");
        }
        if (all.length > model.language().config().maxLength() || to - first > desk.limits().tokens()) {
            throw ApiException.refused(
                    413,
                    "too_many_tokens",
                    "found "
                            + all.length
                            + " tokens, expected at most "
                            + Math.min(model.language().config().maxLength(), desk.limits().tokens()));
        }
        return new Asked(all, first, to, estimator, samples, guidance, seed);
    }

    private Found compute(Asked asked, Cancellation waiting) {
        if (model.causal()) {
            waiting.check("measuring a likelihood");
            int[] prefix = Arrays.copyOf(asked.ids, asked.from);
            int[] target = Arrays.copyOfRange(asked.ids, asked.from, asked.to);
            double[] each =
                    desk.engine().workshop().causalLikelihood().each(new CausalLikelihood.Text(prefix, target));
            return new Found(Arrays.stream(each).sum(), OptionalDouble.of(0), 1, each);
        }
        boolean each =
                Arrays.stream(TokenLikelihood.Given.values()).anyMatch(given -> given.label().equals(asked.estimator));
        if (each && asked.guidance == 0) {
            return Found.of(
                    desk.engine()
                            .workshop()
                            .tokenLikelihood()
                            .of(asked.ids, asked.scored(), TokenLikelihood.Given.of(asked.estimator), BATCH, waiting));
        }
        int batch = Math.min(BATCH, asked.samples);
        LikelihoodSettings settings =
                new LikelihoodSettings(
                        Estimator.of(asked.estimator),
                        Math.ceilDiv(asked.samples, batch) * batch,
                        batch,
                        asked.guidance,
                        0,
                        LikelihoodSettings.defaults().order(),
                        0,
                        asked.seed);
        return Found.of(
                desk.engine()
                        .workshop()
                        .likelihood()
                        .estimate(
                                Arrays.copyOf(asked.ids, asked.from),
                                Arrays.copyOfRange(asked.ids, asked.from, asked.to),
                                settings,
                                waiting));
    }

    private ObjectNode describe(Asked asked, Found found) {
        int count = asked.to - asked.from;
        ObjectNode answer = Json.object();
        answer.put("id", Json.id("score")).put("object", "text_score").put("created", Json.now());
        answer.put("model", model.name());
        answer.put("estimator", asked.estimator);
        answer.put("log_likelihood", found.logLikelihood);
        found.error.ifPresent(error -> answer.put("standard_error", error));
        answer.put("scored", count);
        answer.put("perplexity", Math.exp(-found.logLikelihood / count));
        Map<Integer, Float> each = new HashMap<>();
        for (int i = 0; i < found.each.length; i++) {
            each.put(asked.from + i, (float) found.each[i]);
        }
        answer.set("tokens", model.tokens(asked.ids, each));
        answer.set("usage", model.usage(asked.ids.length, 0, found.evaluations));
        desk.metrics().written(asked.ids.length, 0, found.evaluations);
        return answer;
    }
}
