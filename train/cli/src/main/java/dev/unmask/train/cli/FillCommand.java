package dev.unmask.train.cli;

import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.Filling;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.SamplingListener;
import dev.unmask.tensor.Backend;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;

/** {@code unmask fill}: fills blanks anywhere in a text. */
@Command(
        name = "fill",
        description = {
            "Fills the blanks of a text: ____ anywhere in it.",
            "",
            "A blank is three or more underscores and takes --tokens tokens, or as many as it says: ____:3. [MASK], or"
                    + " the tokenizer's own mask token, is a blank of one token; several without anything between are"
                    + " one of as many tokens.",
            "",
            "A backslash makes text of what would be a blank or its size: \\____, \\[MASK], ____\\:30. Before a"
                    + " blank it is doubled, anywhere else it is text.",
            "",
            "Each filling is printed with its probability: the product of those of its tokens, each given the text and"
                    + " the tokens filled in before it."
        },
        footer = {
            "",
            "Examples:",
            "  unmask fill --model runs/demo 'trout: any of various game and ____ fishes'",
            "  unmask fill --model runs/demo --tokens 2 --alternatives 5 '____: a large cat'",
            "  unmask fill --model runs/demo '____:2: the capital of ____:2'"
        })
final class FillCommand implements Callable<Integer> {
    @Mixin private EngineOptions engine;
    @Mixin private LoadedModel.Options model;
    @Mixin private SamplingOptions sampling;

    @Parameters(paramLabel = "TEXT", description = "The text with its blanks.")
    private String text;

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
    public Integer call() throws IOException {
        try (Backend backend = engine.open()) {
            LoadedModel loaded = model.load(backend);
            int mask = loaded.transformer().config().maskToken();
            FillIn fillIn = new FillIn(new MaskedSampler(backend, loaded.transformer()), loaded.tokenizer());
            FillSettings settings =
                    FillSettings.defaults()
                            .withTokensPerBlank(tokens)
                            .withAllowSpecial(allowSpecial)
                            .withSampler(sampling.settings(loaded))
                            .withAlternatives(alternatives);
            SamplingListener listener = watch ? new StepPrinter(loaded.tokenizer(), mask) : SamplingListener.NONE;
            for (Filling filling : fillIn.fill(text, settings, listener)) {
                System.out.printf(Locale.ROOT, "%8.2g  %s%n", Math.exp(filling.logConfidence()), filling.text());
            }
        }
        return Main.DONE;
    }
}
