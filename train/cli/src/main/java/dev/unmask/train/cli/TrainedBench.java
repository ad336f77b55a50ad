package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.json.StrictJson;
import dev.unmask.sample.Caching;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.TextSampler;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.bench.TextRun;
import dev.unmask.train.experiment.Mean;

import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What {@code bench sample} does with a trained model and real prompts: how fast it is, and how much a cache changes.
 */
final class TrainedBench {
    private static final int MOST_SAMPLES = 1 << 14;

    @ArgGroup(exclusive = false)
    private ModelOptions model;

    @Option(
            names = "--input",
            paramLabel = "FILE",
            description =
                    "With --model: prompts, one a line, or in .jsonl files a \"prompt\" a line; --length are the tokens"
                            + " of each text with its prompt.")
    private Optional<String> input = Optional.empty();

    @Option(
            names = "--against",
            paramLabel = "CACHE",
            description =
                    "With --model: also sample with another cache, such as none, and tell how many of the written"
                            + " tokens are the same (same_percent).")
    private Optional<String> against = Optional.empty();

    @Option(
            names = "--bound",
            paramLabel = "N",
            description =
                    "With --model: also tell what the model itself thinks of what it wrote: nats a token, by N samples"
                            + " of mask_count.")
    private Optional<Integer> bound = Optional.empty();

    /**
     * What the command says besides.
     *
     * @param length tokens of each text
     */
    record Asked(SamplingOptions sampling, int length, TextRun.Repetition repetition, Precision precision) {}

    /**
     * What was measured.
     *
     * @param other the run with the other cache, if its tokens are to be compared
     */
    private record Sampled(Caching caching, TextRun run, Optional<TextRun> other) {}

    boolean given() {
        if (model != null) {
            return true;
        }
        refuse("--input", input);
        refuse("--against", against);
        refuse("--bound", bound);
        return false;
    }

    private static void refuse(String name, Optional<?> value) {
        if (value.isPresent()) {
            throw new InputException(name + ": found without --model, to which it belongs");
        }
    }

    /** Prints a line of JSON for each cache. */
    void run(EngineOptions engine, Asked asked) throws IOException {
        bound.ifPresent(samples -> Expected.between("--bound", samples, 1, MOST_SAMPLES));
        Optional<Caching> other = against.map(TrainedBench::caching);
        List<InputOptions.Line> lines =
                InputOptions.read(
                        input.orElseThrow(
                                () -> new InputException("--input: missing; --model goes on with prompts of a file")));
        try (Backend backend = engine.open()) {
            LanguageModel loaded = model.load(backend, asked.precision);
            if (loaded.config().causal()) {
                requireCausal(asked.sampling);
            }
            TextSampler sampler = new TextSampler(loaded);
            List<TextSampler.Request> requests = requests(sampler, lines, asked.length, loaded.config().maxLength());
            SamplerSettings settings = asked.sampling.settings(loaded, loaded.ends());
            Optional<TextRun> first =
                    other.map(caching -> {
                        SamplerSettings without = settings.withCaching(caching);
                        TextRun run = TextRun.of(sampler, requests, without, asked.repetition);
                        print(engine, loaded, asked, new Sampled(without.caching(), run, Optional.empty()));
                        return run;
                    });
            TextRun run = TextRun.of(sampler, requests, settings, asked.repetition);
            print(engine, loaded, asked, new Sampled(settings.caching(), run, first));
        }
    }

    private static Caching caching(String name) {
        try {
            return Caching.of(name);
        } catch (InputException e) {
            throw new InputException("--against: " + e.getMessage(), e);
        }
    }

    private void requireCausal(SamplingOptions sampling) {
        sampling.requireCausal();
        if (against.isPresent() || bound.isPresent()) {
            throw new InputException(
                    (against.isPresent() ? "--against" : "--bound")
                            + ": found an autoregressive model, whose cache changes nothing and whose likelihoods are"
                            + " exact; leave it out, or choose a masked model");
        }
    }

    private static List<TextSampler.Request> requests(
            TextSampler sampler, List<InputOptions.Line> lines, int length, int most) {
        Expected.between("--length", length, 1, most);
        List<TextSampler.Request> requests = new ArrayList<>();
        for (InputOptions.Line line : lines) {
            String prompt = line.text("prompt");
            int tokens = sampler.tokens(prompt);
            if (tokens >= length) {
                throw new InputException(
                        "--length: found "
                                + length
                                + ", expected more than the "
                                + tokens
                                + " tokens of the prompt of "
                                + line.where());
            }
            requests.add(new TextSampler.Request(prompt, length, requests.size()));
        }
        return requests;
    }

    private void print(EngineOptions engine, LanguageModel written, Asked asked, Sampled sampled) {
        TextRun run = sampled.run;
        double seconds = run.timings().medianMs() * 1e-3;
        int texts = run.texts().size();
        ObjectNode line = StrictJson.tree(Map.of());
        line.put("what", "unmask " + written.backend().name()).put("mode", "sample");
        BenchLine.put(line, asked.precision, engine.threads());
        line.put("params_non_embedding", written.config().nonEmbeddingCount());
        line.put("cache", sampled.caching.toString());
        line.put("texts", texts);
        line.put("nfe", BenchLine.rounded((double) run.evaluations() / texts, 2));
        line.put("nfe_per_s", BenchLine.rounded(run.evaluations() / seconds, 2));
        line.put("written_tokens_per_s", BenchLine.rounded(run.written() / seconds, 2));
        if (run.computed().positions() > 0) {
            line.put("computed_positions", BenchLine.rounded((double) run.computed().positions() / texts, 1));
        }
        BenchLine.put(line, run.timings());
        sampled.other.ifPresent(texted -> {
            line.put("against", against.orElseThrow());
            line.put("same_percent", BenchLine.rounded(100 * run.same(texted), 2));
        });
        bound.ifPresent(samples -> {
            Mean bound = run.bound(written, samples);
            line.put("bound", BenchLine.rounded(bound.value(), 4));
            line.put("bound_error", BenchLine.rounded(bound.error(), 4));
        });
        System.out.println(StrictJson.line(line));
        System.out.flush();
    }
}
