package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.json.StrictJson;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.Filling;
import dev.unmask.sample.SamplingListener;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/** {@code unmask fill}: fills blanks anywhere in a text. */
@Command(
        description = {
            "Fills the blanks of a text: ____ anywhere in it.",
            "",
            "A blank is three or more underscores and takes --tokens tokens, or as many as it says: ____:3. [MASK], or"
                    + " the tokenizer's own mask token, is a blank of one token; several without anything between are"
                    + " one of as many tokens.",
            "",
            "____:2-6 lets the model choose how many tokens; ____{cat|dog|wild horse} lets it choose between texts of"
                    + " any length, each scored exactly, and with --alternatives all of them are told in order.",
            "",
            "____:* is of unknown length: at the end of the text it goes on until the model ends it, for "
                    + FillIn.LONGEST_AT_END
                    + " tokens at the most, elsewhere as far as fits best what follows; ____:5-* is at least 5 tokens."
                    + " ____{digits}, ____:4{letters},"
                    + " ____:2-6{words} hold nothing but digits, the letters of one word, or words.",
            "",
            "A backslash makes text of what would be a blank, its size or its braces: \\____, \\[MASK], ____\\:30,"
                    + " ____\\{a|b}, and of a bar within a choice. Before a blank it is doubled, anywhere else it is"
                    + " text.",
            "",
            "Each filling is printed with its probability: the product of those of its tokens, each given the text and"
                    + " the tokens filled in before it.",
            "",
            "With --json a result has line, id, text, and fillings: of each text, log_probability (natural), blanks"
                    + " (text, position, tokens, log_probability) and evaluations (passes of the model). A line of"
                    + " JSON of --input has a text, and an id if you like."
        },
        footer = {
            "",
            "Examples:",
            "  unmask fill --model runs/demo '____ is the capital of Norway.'",
            "  unmask fill --model runs/definitions 'Danube: a ____ in Europe'",
            "  unmask fill --model runs/definitions --tokens 2 --alternatives 5 '____: the capital of Scotland'",
            "  unmask fill --model runs/definitions '____:2: the capital of ____:2'",
            "  unmask fill --model runs/definitions 'Riverside: a ____:1-4 in California'",
            "  unmask fill --model runs/definitions --alternatives 3 'Danube: a ____{river|town|mountain peak}'",
            "  unmask fill --model runs/definitions 'Zanvolia: a ____{words} of ____:1-4{digits} people in ____:*'",
            "  unmask fill --model runs/definitions --input texts.txt --json"
        })
final class FillCommand implements Callable<Integer> {
    @Mixin private EngineOptions engine;
    @Mixin private ModelOptions model;
    @Mixin private SamplingOptions sampling;
    @Mixin private InputOptions input;
    @Mixin private PrecisionOption precision;
    @Mixin private MemoryOptions memory;

    /** Batches of texts that are sorted by length together; their results are printed together. */
    private static final int WINDOW = 16;

    @Parameters(arity = "0..1", paramLabel = "TEXT", description = "The text with its blanks.")
    private Optional<String> text = Optional.empty();

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "How many texts of --input go through the model together. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "1",
            description = "Tokens of a blank that does not say. Default: ${DEFAULT-VALUE}.")
    private int tokens;

    @Option(
            names = "--alternatives",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "How many different fillings, the likeliest first: exactly those where one token is to be filled"
                            + " in, else what a beam search finds. Default: ${DEFAULT-VALUE}.")
    private int alternatives;

    @Option(
            names = "--allow-special",
            description = "Blanks may be filled with special tokens too, such as the end of the text.")
    private boolean allowSpecial;

    @Option(names = "--watch", description = "Show the text after every pass.")
    private boolean watch;

    @Override
    public Integer call() throws Exception {
        Expected.between("--batch", batch, 1, Expected.MOST_AT_ONCE);
        Expected.atLeast("--tokens", tokens, 1);
        List<InputOptions.Line> lines = lines();
        List<String> texts = lines.stream().map(line -> line.text("text")).toList();
        EngineOptions.Planning longest = dryRun -> plan(dryRun, lines, texts, true).memory();
        if (memory.dryRun()) {
            return MemoryOptions.print(engine, dryRun -> plan(dryRun, lines, texts, false));
        }
        return MemoryOptions.run(() -> fill(lines, texts, longest), () -> engine.plan(longest));
    }

    /** The text of the command line counts as one of a single line. */
    private List<InputOptions.Line> lines() throws IOException {
        if (text.isPresent() == input.given()) {
            throw new InputException(
                    text.isPresent()
                            ? "--input: found a TEXT beside it, expected one of them"
                            : "TEXT: missing; pass a text with a blank, or a file of texts by --input");
        }
        if (input.given() && watch) {
            throw new InputException("--watch: found beside --input, expected a single text");
        }
        return input.given()
                ? input.read()
                : List.of(new InputOptions.Line("TEXT", 1, Optional.empty(), text.get(), Optional.empty()));
    }

    private FillSettings settings(LanguageModel loaded) {
        return FillSettings.defaults()
                .withTokensPerBlank(tokens)
                .withAllowSpecial(allowSpecial)
                .withSampler(sampling.settings(loaded, loaded.ends()))
                .withAlternatives(alternatives);
    }

    private Plan plan(DryRun dryRun, List<InputOptions.Line> lines, List<String> texts, boolean longestOnly)
            throws IOException {
        LanguageModel loaded = model.load(dryRun, precision.chosen());
        long weights = dryRun.use().tensors();
        FillIn fillIn = new FillIn(loaded);
        FillSettings settings = settings(loaded);
        int[] lengths = lengths(fillIn, lines, texts);
        List<Integer> planned =
                IntStream.range(0, lengths.length)
                        .boxed()
                        .sorted(Comparator.comparingInt(i -> -lengths[i]))
                        .limit(longestOnly ? batch : lengths.length)
                        .toList();
        long passes =
                fillIn.fill(planned.stream().map(texts::get).toList(), settings, batch).stream()
                        .mapToLong(fillings -> fillings.getFirst().evaluations())
                        .sum();
        String what =
                String.format(
                        Locale.ROOT,
                        "fill %,d %s of at most %,d tokens; %,d passes of a text through the model",
                        texts.size(),
                        texts.size() == 1 ? "text" : "texts",
                        lengths[planned.getFirst()],
                        passes);
        return new Plan(what, MemoryEstimate.ofInference(dryRun, weights));
    }

    /** Tokens of each text; all are checked before the first is filled. */
    private int[] lengths(FillIn fillIn, List<InputOptions.Line> lines, List<String> texts) {
        int[] lengths = new int[texts.size()];
        for (int i = 0; i < lengths.length; i++) {
            try {
                lengths[i] = fillIn.length(texts.get(i), tokens);
            } catch (InputException e) {
                throw input.given() ? lines.get(i).refused(e) : e;
            }
        }
        return lengths;
    }

    private int fill(List<InputOptions.Line> lines, List<String> texts, EngineOptions.Planning longest)
            throws IOException {
        try (Backend backend = engine.openQuietly(longest)) {
            LanguageModel loaded = model.load(backend, precision.chosen());
            FillIn fillIn = new FillIn(loaded);
            FillSettings settings = settings(loaded);
            lengths(fillIn, lines, texts);
            engine.describe(backend);
            if (!input.given()) {
                SamplingListener listener = watch ? StepPrinter.of(loaded) : SamplingListener.NONE;
                print(lines.getFirst(), texts.getFirst(), fillIn.fill(texts.getFirst(), settings, listener));
                return Main.DONE;
            }
            int window = Math.multiplyExact(batch, WINDOW);
            for (int first = 0; first < texts.size(); first += window) {
                int end = Math.min(texts.size(), first + window);
                List<List<Filling>> filled = fillIn.fill(texts.subList(first, end), settings, batch);
                for (int i = first; i < end; i++) {
                    print(lines.get(i), texts.get(i), filled.get(i - first));
                }
                System.out.flush();
            }
        }
        return Main.DONE;
    }

    private void print(InputOptions.Line line, String asked, List<Filling> fillings) {
        if (input.json()) {
            ObjectNode result = line.result();
            result.put("text", asked);
            ArrayNode all = result.putArray("fillings");
            fillings.forEach(filling -> describe(filling, all.addObject()));
            System.out.println(StrictJson.line(result));
            return;
        }
        for (Filling filling : fillings) {
            System.out.printf(
                    Locale.ROOT,
                    "%8.2g  %s%n",
                    Math.exp(filling.logConfidence()),
                    input.given() ? Printable.line(filling.text()) : Printable.result(filling.text()));
        }
    }

    private static void describe(Filling filling, ObjectNode into) {
        into.put("text", filling.text());
        into.put("log_probability", filling.logConfidence());
        ArrayNode blanks = into.putArray("blanks");
        for (Filling.Blank blank : filling.blanks()) {
            ObjectNode described = blanks.addObject();
            described.put("text", blank.text()).put("position", blank.position());
            ArrayNode ids = described.putArray("tokens");
            blank.tokens().forEach(ids::add);
            described.put("log_probability", blank.logConfidence());
        }
        into.put("evaluations", filling.evaluations());
    }
}
