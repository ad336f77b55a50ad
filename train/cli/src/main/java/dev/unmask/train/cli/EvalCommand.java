package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.data.TextFiles;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask eval}: the loss on a text, or the likelihood of a continuation. */
@Command(
        description = {
            "Measures a model: the validation loss of its run or of a packed token file, or how likely a continuation"
                    + " is.",
            "",
            "A loss is in nats (natural units of information, 1.44 bits) a token: e to its power, the perplexity, is"
                    + " among how many tokens the model would choose as well at random. Of a masked model it is a"
                    + " bound: the true one is no higher.",
            "",
            "Of --text the loss, the perplexity and bits a byte are told, of all documents together.",
            "",
            "With --json a result has loss, standard_error, perplexity, tokens, unigram_entropy; or of a text line, id,"
                    + " log_likelihood, standard_error, exact, tokens, evaluations (passes of the model). A line of"
                    + " JSON of --input has a target, and a prefix and an id if you like.",
        },
        footer = {
            "",
            "Examples:",
            "  unmask eval --model runs/definitions",
            "  unmask eval --model runs/definitions --draws 128 --length 64",
            "  unmask eval --model runs/definitions --prefix 'Danube:' --target ' a river in Europe'",
            "  unmask eval --model runs/definitions --prefix 'Danube:' --target ' a river' --estimator chain_rule",
            "  unmask eval --model runs/definitions --prefix 'Danube:' --target ' a river' --estimator duel --order"
                    + " entropy",
            "  unmask eval --model runs/definitions --prefix 'Danube:' --input targets.txt --json",
            "  unmask eval --model runs/definitions --text novel.txt --window 256 --stride 64 --target-error 0.5"
        })
final class EvalCommand implements Callable<Integer> {
    private static final int BATCHES = 16;

    @Mixin private EngineOptions engine;
    @Mixin private ModelOptions model;
    @Mixin private InputOptions input;
    @Mixin private PrecisionOption precision;
    @Mixin private MemoryOptions memory;

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description = "A packed token file. Default: data/validation.tokens in the run's folder.")
    private Optional<Path> data;

    @Option(
            names = "--length",
            paramLabel = "N",
            description = "Tokens of a sequence of --data. Default: that of the run, else 128 or as the model sees.")
    private Optional<Integer> length;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Sequences that go through the model together. Default: that of the run, else 16.")
    private Optional<Integer> batch;

    @Option(names = "--batches", paramLabel = "N", description = "How many batches of --data at the most. Default: 16.")
    private Optional<Integer> batches;

    @Option(
            names = "--draws",
            paramLabel = "N",
            description =
                    "How often each batch is masked at random and measured; the paper takes 128. Default: 16. Of an"
                            + " autoregressive model nothing is drawn.")
    private Optional<Integer> draws;

    @Option(names = "--target", paramLabel = "TEXT", description = "Measure how likely this text is after --prefix.")
    private Optional<String> target;

    @Option(
            names = "--prefix",
            paramLabel = "TEXT",
            description =
                    "What stands before the target, of --input before each that has none of its own. White space at its"
                            + " end counts to the target.")
    private Optional<String> prefix;

    @Option(
            names = "--estimator",
            paramLabel = "NAME",
            description =
                    "How a masked model's likelihood is found: mc or mask_count (bounds: the text is at least as"
                        + " likely; tokens are masked at random), any_order (such a bound by random orders), chain_rule"
                        + " (exact, from left to right), duel (exact, in the order of --order). Default: mask_count.")
    private Optional<String> estimator;

    @Option(
            names = "--samples",
            paramLabel = "N",
            description =
                    "Draws of an estimate; for mc and mask_count fewer than --batch, which then go together, or a"
                            + " multiple of it. Default: 128.")
    private Optional<Integer> samples;

    @Option(
            names = "--guidance",
            paramLabel = "W",
            description =
                    "Scale of classifier-free guidance: how much more the prefix counts than it would. Default: 0.")
    private Optional<Double> guidance;

    @Option(
            names = "--order",
            paramLabel = "NAME",
            description =
                    "Of --estimator duel, which token comes next: where the model is surest by confidence, margin or"
                            + " entropy, or left_to_right. Default: confidence.")
    private Optional<String> order;

    @Option(
            names = "--target-error",
            paramLabel = "NATS",
            description = "Draw no more once the standard error of a text is as small. Default: all of --samples.")
    private Optional<Double> targetError;

    @Option(
            names = "--text",
            paramLabel = "PATH",
            arity = "1..*",
            description =
                    "Measure the perplexity of files of text, or of folders of them, and bits a byte, which do not"
                            + " depend on the tokenizer.")
    private List<Path> texts = List.of();

    /** What a document is. */
    enum Documents {
        FILE(TextFiles.Layout.FILE),
        LINE(TextFiles.Layout.LINES),
        JSONL(TextFiles.Layout.JSON_LINES);

        private final TextFiles.Layout layout;

        Documents(TextFiles.Layout layout) {
            this.layout = layout;
        }

        static Documents of(String name) {
            return Arrays.stream(values())
                    .filter(each -> each.name().equalsIgnoreCase(name))
                    .findFirst()
                    .orElseThrow(
                            () -> new InputException("--documents: found " + name + ", expected file, line or jsonl"));
        }
    }

    @Option(
            names = "--documents",
            paramLabel = "LAYOUT",
            description = "What a document of --text is: file (default), line or jsonl. None sees another.")
    private Optional<String> documents;

    @Option(
            names = "--window",
            paramLabel = "N",
            description = "Tokens of --text that the model sees at once. Default: 512, or as many as it can.")
    private Optional<Integer> window;

    @Option(
            names = "--stride",
            paramLabel = "N",
            description =
                    "Tokens of --text that are measured at once, after the rest of the window. Default: half of it.")
    private Optional<Integer> stride;

    @Override
    public Integer call() throws Exception {
        if (!texts.isEmpty()) {
            return measureFiles();
        }
        Map<String, Optional<?>> others = new LinkedHashMap<>();
        others.put("--documents", documents);
        others.put("--window", window);
        others.put("--stride", stride);
        refuse(others, "without --text, to which it belongs");
        return target.isPresent() || input.given() ? measureTexts() : measureTokens();
    }

    private int measureTokens() throws Exception {
        Map<String, Optional<?>> others = new LinkedHashMap<>();
        others.put("--prefix", prefix);
        others.put("--estimator", estimator);
        others.put("--samples", samples);
        others.put("--guidance", guidance);
        others.put("--order", order);
        others.put("--target-error", targetError);
        refuse(others, "without --target or --input, to which it belongs");
        LossMeasurement measurement =
                new LossMeasurement(
                        data.orElse(model.folder().resolve("data").resolve("validation.tokens")),
                        RunSizes.of(model.folder()),
                        new LossMeasurement.Asked(length, batch, batches.orElse(BATCHES), draws, precision.chosen()));
        if (memory.dryRun()) {
            return MemoryOptions.print(engine, dryRun -> measurement.plan(dryRun, model));
        }
        EngineOptions.Planning planning = dryRun -> measurement.plan(dryRun, model).memory();
        return MemoryOptions.run(
                () -> {
                    try (Backend backend = engine.open(planning)) {
                        System.out.println(measurement.run(model.load(backend, precision.chosen()), input.json()));
                    }
                    return Main.DONE;
                },
                () -> engine.plan(planning));
    }

    private TextMeasurement.Asked asked() {
        return new TextMeasurement.Asked(estimator, samples, batch, guidance, order, targetError, precision.chosen());
    }

    private int measureFiles() throws Exception {
        Map<String, Optional<?>> others = new LinkedHashMap<>();
        others.put("--data", data);
        others.put("--length", length);
        others.put("--draws", draws);
        others.put("--target", target);
        others.put("--prefix", prefix);
        refuse(others, "beside --text, which measures whole files");
        if (input.given()) {
            throw new InputException("--input: found --text beside it, expected one of them");
        }
        FileMeasurement measurement =
                new FileMeasurement(
                        new TextFiles(texts, documents.map(Documents::of).orElse(Documents.FILE).layout),
                        window,
                        stride,
                        asked());
        EngineOptions.Planning planning = dryRun -> measurement.plan(dryRun, model);
        return MemoryOptions.run(
                () -> {
                    try (Backend backend = engine.open()) {
                        System.out.println(measurement.run(model.load(backend, precision.chosen()), input.json()));
                    }
                    return Main.DONE;
                },
                () -> engine.plan(planning));
    }

    private int measureTexts() throws Exception {
        Map<String, Optional<?>> others = new LinkedHashMap<>();
        others.put("--data", data);
        others.put("--length", length);
        others.put("--batches", batches);
        others.put("--draws", draws);
        refuse(others, "beside --target or --input, which measure texts and not packed tokens");
        if (target.isPresent() && input.given()) {
            throw new InputException("--input: found --target beside it, expected one of them");
        }
        List<InputOptions.Line> lines =
                input.given()
                        ? input.read()
                        : List.of(
                                new InputOptions.Line("--target", 1, Optional.empty(), target.get(), Optional.empty()));
        TextMeasurement measurement = new TextMeasurement(lines, prefix.orElse(""), asked());
        if (memory.dryRun()) {
            return MemoryOptions.print(engine, dryRun -> measurement.plan(dryRun, model));
        }
        EngineOptions.Planning planning = dryRun -> measurement.plan(dryRun, model).memory();
        return MemoryOptions.run(
                () -> {
                    try (Backend backend = engine.open()) {
                        measurement.run(model.load(backend, precision.chosen()), input.json());
                    }
                    return Main.DONE;
                },
                () -> engine.plan(planning));
    }

    private static void refuse(Map<String, Optional<?>> options, String found) {
        options.forEach((name, value) -> {
            if (value.isPresent()) {
                throw new InputException(name + ": found " + found + "; leave it out");
            }
        });
    }
}
