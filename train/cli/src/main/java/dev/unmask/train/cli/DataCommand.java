package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.train.data.DataManifest;
import dev.unmask.train.data.DataSettings;
import dev.unmask.train.data.FolderLock;
import dev.unmask.train.data.PreparedData;
import dev.unmask.train.data.TokenText;
import dev.unmask.train.data.UnigramEntropy;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask data}: turns texts into tokens. */
@Command(
        description = {
            "Turns texts and records into packed tokens, which train takes by --data.",
            "",
            "The folder receives training.tokens and validation.tokens, tokenizer.json, and data.json, which tells what"
                    + " they were made of. All processors encode; a packing that was interrupted goes on where it was."
        },
        footer = {
            "",
            "Examples:",
            "  unmask data --out runs/words --data texts/ --vocab 8000",
            "  unmask data --out runs/reviews --data reviews.csv --field body --tokenizer models/llama/tokenizer.json",
            "  unmask data --out runs/chat --data chats.jsonl --sequences prompt --length 512 --turns each",
            "  unmask data --out runs/math --data train.txt --style gsm8k --sequences prompt --length 256",
            "  unmask data --out runs/mix --data wiki.parquet code.jsonl.zst --weights 3 1",
            "  unmask train --out runs/mine --data runs/words --preset small"
        })
final class DataCommand implements Callable<Integer> {
    private static final int VOCABULARY = 4096;
    private static final double VALIDATION = 0.02;

    @Mixin private DataOptions options;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            required = true,
            description = "The folder for the tokens.")
    private Path out;

    @Option(
            names = "--length",
            paramLabel = "N",
            description =
                    "Tokens of a sequence, where each is a document: longer ones are left out. Default: any length.")
    private Optional<Integer> length = Optional.empty();

    @Option(names = "--dry-run", description = "Print the settings as JSON and exit.")
    private boolean dryRun;

    @Override
    public Integer call() throws IOException {
        DataSettings settings = settings();
        if (dryRun) {
            PreparedData.requireSources(settings);
            System.out.print(StrictJson.print(settings));
            return Main.DONE;
        }
        PreparedData.requireSources(settings);
        PreparedData data;
        OutFolder.TOKENS.claim(out);
        try (FolderLock _ = FolderLock.take(out);
                PreparationDisplay display = new PreparationDisplay()) {
            data = PreparedData.prepare(settings, out, display);
        }
        System.out.printf(
                Locale.ROOT,
                "%s: training %s, validation %s%n",
                Printable.line(out.toString()),
                described(data.training()),
                described(data.validation()));
        System.out.printf(
                Locale.ROOT,
                "tokenizer of %,d tokens, unigram entropy of the training text %.3f nats a token%n",
                data.tokenizer().vocabulary(),
                UnigramEntropy.of(data.training()));
        DataManifest.read(out)
                .filter(manifest -> manifest.lost() > 0)
                .ifPresent(manifest ->
                        System.out.printf(
                                Locale.ROOT,
                                "%,d %s without a document, named in %s%n",
                                manifest.lost(),
                                manifest.lost() == 1 ? "record" : "records",
                                Printable.line(out.resolve("lost.jsonl").toString())));
        return Main.DONE;
    }

    private static String described(TokenText text) {
        return String.format(
                Locale.ROOT,
                "%,d %s of %,d tokens",
                text.documents(),
                text.documents() == 1 ? "document" : "documents",
                text.tokens());
    }

    private DataSettings settings() {
        ObjectNode all = StrictJson.tree(new DataSettings(List.of("wordnet"), "line", "bpe", VOCABULARY, VALIDATION));
        all.put("strict", false);
        options.applyTo(all);
        length.ifPresent(value -> all.put("longest", value));
        return StrictJson.bind(all, DataSettings.class, "configuration");
    }
}
