package dev.unmask.model;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.NewFolder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Why a path is no model, and what to do: it may not be one yet, or be what a model is made of. */
final class NoModel {
    private static final Pattern OTHER_WEIGHTS = Pattern.compile("\\.(bin|pt|pth|ckpt|gguf|onnx|h5|msgpack)$");

    private static final String EXPECTED = "expected a folder with " + ModelFolder.WEIGHTS + ", or a .safetensors file";

    private NoModel() {}

    /** Refuses a folder that somebody writes a model into, or was killed in. */
    static void refuseUnfinished(Path folder) {
        if (NewFolder.isUnfinished(folder)) {
            throw new InputException(
                    folder
                            + ": found a model that is not all written; wait for the command that writes it, or run"
                            + " that again if it was killed");
        }
    }

    /** What to say of a path without weights. */
    static IOException at(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            List<String> names;
            try (Stream<Path> files = Files.list(path)) {
                names = files.map(file -> file.getFileName().toString()).sorted().toList();
            }
            refuseTokens(path, names);
            refuseCheckpoints(path, names);
            refuseRun(path, names);
            return missing(path, found(names).orElse(EXPECTED));
        }
        return missing(path, EXPECTED);
    }

    private static IOException missing(Path path, String why) {
        return new NoSuchFileException(path.toString(), null, "no model there: " + why);
    }

    private static void refuseTokens(Path folder, List<String> names) {
        if (names.contains("data.json") || names.contains("packing.json")) {
            throw new InputException(
                    folder
                            + ": found packed tokens, expected a model, such as train makes of them by --data "
                            + folder);
        }
    }

    private static void refuseCheckpoints(Path folder, List<String> names) {
        Optional<String> newest = names.stream().filter(ModelFolder::isCheckpoint).reduce((_, last) -> last);
        if (newest.isPresent()) {
            throw new InputException(
                    folder
                            + ": found the checkpoints of a run, expected one of them, such as "
                            + folder.resolve(newest.get())
                            + ", or the run's folder, which is the one above");
        }
    }

    /** A run that has begun has packed its text, or written into its metrics. */
    private static void refuseRun(Path folder, List<String> names) {
        boolean hasTokens =
                names.contains("data") && Files.exists(folder.resolve("data").resolve(ModelFolder.TOKENIZER));
        if (names.contains(ModelFolder.CHECKPOINTS) || names.contains("metrics.jsonl") || hasTokens) {
            throw new InputException(
                    folder
                            + ": found a run that has saved no checkpoint yet, expected one; while it trains wait for"
                            + " the first, or stop it, which saves; if it has ended start it again");
        }
    }

    private static Optional<String> found(List<String> names) {
        Optional<String> weights = names.stream().filter(name -> name.endsWith(".safetensors")).findFirst();
        if (weights.isPresent()) {
            return Optional.of(
                    "found " + weights.get() + ", " + EXPECTED + ": name that file, or call it " + ModelFolder.WEIGHTS);
        }
        return names.stream()
                .filter(name -> OTHER_WEIGHTS.matcher(name).find())
                .findFirst()
                .map(other -> "found " + other + ", " + EXPECTED + ": convert it, or get the model in that format");
    }
}
