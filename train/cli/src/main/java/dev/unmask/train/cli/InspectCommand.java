package dev.unmask.train.cli;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Presets;
import dev.unmask.model.WeightFiles;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.Safetensors;
import dev.unmask.tensor.io.StoredTensor;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask inspect}: what a model, a safetensors file or a preset is. */
@Command(
        description = {
            "Shows what a model folder, a run's folder, a safetensors file or a preset holds.",
            "",
            "Of a model: its family, sizes, tokens with a role, types of weights, tensors that are missing or left"
                    + " over, and the memory to run it. It fails, once it has said all, if the tensors are not those of"
                    + " the model or hold numbers that are none, or the tokenizer cannot be read."
        },
        footer = {
            "",
            "Examples:",
            "  unmask inspect                        lists the presets",
            "  unmask inspect 170M                   shows a preset",
            "  unmask inspect runs/demo              shows the newest checkpoint of a run",
            "  unmask inspect model.safetensors --tensors"
        })
final class InspectCommand implements Callable<Integer> {
    @Parameters(
            arity = "0..1",
            paramLabel = "WHAT",
            description = "A path, or the name of a preset; none: all presets.")
    private Optional<String> what;

    @Option(names = "--tensors", description = "Also list every tensor of the file.")
    private boolean tensors;

    @Override
    public Integer call() throws IOException {
        if (what.isEmpty()) {
            listPresets();
            return Main.DONE;
        }
        Optional<ModelConfig> preset = Presets.find(what.get());
        if (preset.isPresent() && !Files.exists(Path.of(what.get()))) {
            print(preset.get());
            return Main.DONE;
        }
        if (!Files.exists(Path.of(what.get()))) {
            throw new InputException(
                    "found no file or folder "
                            + what.get()
                            + ", and no preset of that name; expected a path, or one of "
                            + String.join(", ", Presets.names()));
        }
        Path path = ModelFolder.resolve(Path.of(what.get()));
        if (Files.isDirectory(path) || Files.exists(path.resolveSibling("config.json"))) {
            ModelFolder folder = ModelFolder.open(path);
            System.out.println("model at " + path);
            ModelReport report = ModelReport.of(folder);
            report.lines().forEach(System.out::println);
            if (tensors) {
                WeightFiles.open(folder.weights()).tensors().forEach(InspectCommand::print);
            }
            report.refuseUnusable();
        } else {
            printFile(path);
        }
        return Main.DONE;
    }

    private static void listPresets() {
        System.out.printf(
                Locale.ROOT,
                "%-8s %7s %6s %6s %7s %15s %15s%n",
                "preset",
                "layers",
                "heads",
                "width",
                "mlp",
                "non-embedding",
                "all");
        for (String name : Presets.names()) {
            ModelConfig c = Presets.named(name);
            System.out.printf(
                    Locale.ROOT,
                    "%-8s %7d %6d %6d %7d %,15d %,15d%n",
                    name,
                    c.layers(),
                    c.headCount(),
                    c.width(),
                    c.hidden(),
                    c.nonEmbeddingCount(),
                    c.parameterCount());
        }
    }

    private static void print(ModelConfig config) {
        System.out.print(StrictJson.print(config));
        System.out.println(ModelReport.size(config));
    }

    private void printFile(Path file) throws IOException {
        Safetensors stored = Safetensors.open(file);
        long bytes = stored.tensors().stream().mapToLong(t -> t.data().byteSize()).sum();
        System.out.printf(Locale.ROOT, "%s: %d tensors, %,d bytes%n", file, stored.tensors().size(), bytes);
        stored.metadata().forEach((key, value) -> System.out.println("  " + key + " = " + value));
        if (tensors) {
            stored.tensors().forEach(InspectCommand::print);
        }
    }

    private static void print(StoredTensor tensor) {
        System.out.printf(Locale.ROOT, "  %-48s %-5s %s%n", tensor.name(), tensor.type(), tensor.shape());
    }
}
