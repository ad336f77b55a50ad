package dev.unmask.train.cli;

import dev.unmask.model.Exchange;
import dev.unmask.model.Family;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.StoredType;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** {@code unmask export SRC DST}: writes a model as a family publishes its own. */
@Command(
        description = {
            "Writes a model as a family publishes its own: config.json with its keys, weights under its names, the"
                    + " tokenizer as it is.",
            "",
            "Without --dtype every weight keeps its bytes. With --dtype int8 the matrices of linear layers and the"
                + " head, which becomes one of its own if it is tied to the embedding, are rounded to 8 bits with a"
                + " scale for each row, and the rest stays as it is: about half of the memory of bf16, faster on the"
                + " CPU, for inference only, and read by Unmask alone. How far logits moved is printed.",
            "",
            "A masked model whose mask token is one beyond the"
                    + " vocabulary, as Unmask trains them, gets a row of zeros in its head for families that have the"
                    + " mask token in the vocabulary: its logit is 0 and means nothing, so that samplers must not"
                    + " choose it."
        },
        footer = {
            "",
            "Examples:",
            "  unmask export runs/mine models/mine --family llada --dtype bf16",
            "  unmask export runs/causal models/causal --family llama",
            "  unmask export models/mine models/mine-int8 --family llada --dtype int8"
        })
final class ExportCommand implements Callable<Integer> {
    @Parameters(
            index = "0",
            paramLabel = "SRC",
            description = "A run's folder (its newest checkpoint), a model's folder or file.")
    private Path source;

    @Parameters(index = "1", paramLabel = "DST", description = "A new or empty folder.")
    private Path target;

    @Option(
            names = "--family",
            required = true,
            paramLabel = "NAME",
            description = "smdm, llama, qwen2, qwen3, llada, dream, a2d or bert.")
    private String family;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            description = "f32, bf16, f16 or int8. Default: as the weights are.")
    private Optional<String> type;

    @Override
    public Integer call() throws IOException {
        Family chosen =
                Family.named(family)
                        .orElseThrow(() ->
                                new InputException(
                                        "--family: found "
                                                + family
                                                + ", expected one of "
                                                + Family.all().stream()
                                                        .map(Family::name)
                                                        .collect(Collectors.joining(", "))));
        Optional<StoredType> stored = type.map(ExportCommand::type);
        ModelFolder folder = ModelFolder.open(source);
        Exchange.exportModel(folder, target, chosen, stored);
        ModelConfig config = folder.config();
        System.out.printf(Locale.ROOT, "%s: %s, %,d parameters%n", target, chosen.name(), config.parameterCount());
        if (!chosen.fused() && config.embeddingRows() > config.vocabulary()) {
            System.out.println(
                    "the head has a row of zeros for the mask token "
                            + config.maskToken()
                            + ", whose logit means nothing: samplers must not choose it");
        }
        if (stored.filter(StoredType.I8::equals).isPresent()) {
            System.out.println(LogitChange.between(folder, ModelFolder.open(target)));
        }
        return Main.DONE;
    }

    /** The type that an option names. */
    private static StoredType type(String name) {
        return name.equalsIgnoreCase("int8") ? StoredType.I8 : floats(name, "f32, bf16, f16 or int8");
    }

    /** The type of floating point that an option names. */
    static StoredType floats(String name) {
        return floats(name, "f32, bf16 or f16");
    }

    private static StoredType floats(String name, String expected) {
        return Optional.of(name.toUpperCase(Locale.ROOT))
                .filter(List.of("F32", "BF16", "F16")::contains)
                .flatMap(StoredType::named)
                .orElseThrow(() -> new InputException("--dtype: found " + name + ", expected " + expected));
    }
}
