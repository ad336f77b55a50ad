package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.Perplexity;
import dev.unmask.sample.tasks.RequestTokens;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.data.TextFiles;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** How surprising files of text are. */
final class FileMeasurement {
    private static final int WINDOW = 512;

    private final TextFiles files;
    private final Optional<Integer> window;
    private final Optional<Integer> stride;
    private final TextMeasurement.Asked asked;

    FileMeasurement(
            TextFiles files, Optional<Integer> window, Optional<Integer> stride, TextMeasurement.Asked asked) {
        this.files = files;
        this.window = window;
        this.stride = stride;
        this.asked = asked;
    }

    /** One piece of a window's length stands for all. */
    MemoryEstimate plan(DryRun dryRun, ModelOptions model) throws IOException {
        LanguageModel loaded = model.load(dryRun, asked.precision());
        long weights = dryRun.use().tensors();
        int size = window(loaded);
        TextMeasurement.Scorer scorer = TextMeasurement.scorer(loaded, asked);
        int given = size - stride(loaded);
        scorer.score(split(new int[given], new int[size - given]));
        return MemoryEstimate.ofInference(dryRun, weights);
    }

    private int unscored(LanguageModel loaded) {
        return loaded.config().causal() ? 1 : 0;
    }

    private int window(LanguageModel loaded) {
        int most = loaded.config().maxLength();
        int size = window.orElse(Math.min(WINDOW, most));
        Expected.between("--window", size, 1 + unscored(loaded), most);
        return size;
    }

    private int stride(LanguageModel loaded) {
        int most = window(loaded) - unscored(loaded);
        int size = stride.orElse(Math.max(1, most / 2));
        Expected.between("--stride", size, 1, most);
        return size;
    }

    private static RequestTokens.Split split(int[] prefix, int[] target) {
        return new RequestTokens.Split(prefix, target, false);
    }

    /** Measures, and says it in a sentence or in JSON. */
    String run(LanguageModel loaded, boolean json) throws IOException {
        TextMeasurement.Scorer scorer = TextMeasurement.scorer(loaded, asked);
        TextTokenizer tokenizer = loaded.tokenizer();
        List<Perplexity.Text> texts = new ArrayList<>();
        try (Stream<String> documents = files.documents()) {
            documents.forEach(text ->
                    texts.add(
                            new Perplexity.Text(
                                    tokenizer.encode(text), text.getBytes(StandardCharsets.UTF_8).length)));
        }
        if (texts.stream().allMatch(text -> text.ids().length <= unscored(loaded))) {
            throw new InputException(
                    "--text: found no token to measure in " + texts.size()
                            + " documents, expected a text that is not empty"
                            + (loaded.config().causal() ? "; the first token of each is not measured" : ""));
        }
        Perplexity found =
                Perplexity.of(
                        texts,
                        window(loaded),
                        stride(loaded),
                        unscored(loaded),
                        (prefix, target) -> scorer.score(split(prefix, target)));
        return json ? json(found) : sentence(found);
    }

    private static String json(Perplexity found) {
        ObjectNode result = StrictJson.parse("{}", "result");
        result.put("loss", found.loss()).put("perplexity", found.perplexity());
        result.put("bits_per_byte", found.bitsPerByte()).put("log_likelihood", found.logLikelihood());
        found.standardError().ifPresent(error -> result.put("standard_error", error));
        result.put("tokens", found.tokens()).put("bytes", found.bytes()).put("evaluations", found.evaluations());
        return StrictJson.line(result);
    }

    private static String sentence(Perplexity found) {
        boolean drawn = found.standardError().isPresent() && found.standardError().getAsDouble() > 0;
        String error =
                drawn
                        ? String.format(
                                Locale.ROOT, " ± %.4f", found.standardError().getAsDouble() / found.tokens())
                        : "";
        return String.format(
                Locale.ROOT,
                "loss %.4f%s nats a token, perplexity %.2f, %.4f bits a byte; %,d tokens, %,d bytes, %,d evaluations",
                found.loss(),
                error,
                found.perplexity(),
                found.bitsPerByte(),
                found.tokens(),
                found.bytes(),
                found.evaluations());
    }
}
