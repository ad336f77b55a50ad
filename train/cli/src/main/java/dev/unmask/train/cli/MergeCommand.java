package dev.unmask.train.cli;

import dev.unmask.model.Merge;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Verification;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask merge SRC DST}: adds low-rank adapters to the weights of their model. */
@Command(
        description = {
            "Adds low-rank adapters to the weights of their model, and writes a model that needs none.",
            "",
            "Names, configuration and tokenizer stay as the model has them. Each sum is rounded once, to the type that"
                    + " the weight has, or to that of --dtype."
        },
        footer = {
            "",
            "Examples:",
            "  unmask merge runs/tuned models/tuned",
            "  unmask merge models/llada models/both --adapter runs/verse --adapter runs/prose=0.5"
        })
final class MergeCommand implements Callable<Integer> {
    @Parameters(
            index = "0",
            paramLabel = "SRC",
            description = "The folder of a run with --lora, or of a model to add adapters to.")
    private Path source;

    @Parameters(index = "1", paramLabel = "DST", description = "A new or empty folder.")
    private Path target;

    @Option(names = "--adapter", paramLabel = AdapterPaths.LABEL, description = AdapterPaths.DESCRIPTION)
    private List<String> adapters = new ArrayList<>();

    @Option(names = "--dtype", paramLabel = "TYPE", description = "f32, bf16 or f16. Default: as the weights are.")
    private Optional<String> type;

    @Override
    public Integer call() throws IOException {
        ModelFolder folder = AdapterPaths.added(Models.open("SRC", source, Verification.USUAL), adapters);
        Merge.write(folder, target, type.map(ExportCommand::floats));
        System.out.printf(
                Locale.ROOT,
                "%s: %,d parameters, %d set%s of adapters added%n",
                target,
                folder.config().parameterCount(),
                folder.adapters().size(),
                folder.adapters().size() == 1 ? "" : "s");
        return Main.DONE;
    }
}
