package dev.unmask.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.StrictJson;
import dev.unmask.model.Weights;
import dev.unmask.tensor.AtomicFiles;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Safetensors;
import dev.unmask.tensor.StoredTensor;
import dev.unmask.tensor.StoredType;
import dev.unmask.tensor.Tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of a run: folders {@code step-00001000}, each a complete model folder plus the optimiser's moments
 * and the state of the run. A folder appears under its name only when everything in it is on disk.
 */
public final class Checkpoints {
    private static final String PREFIX = "step-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9]{8,18}");
    private static final String MOMENTS = "optimizer.safetensors";
    private static final String STATE = "training.json";

    private final Path folder;
    private final int keep;

    /**
     * The checkpoints in a folder.
     *
     * @param folder made at the first save
     * @param keep how many of the last ones are kept, at least 1
     */
    public Checkpoints(Path folder, int keep) {
        if (keep < 1) {
            throw new InputException("checkpoints to keep: found " + keep + ", expected at least 1");
        }
        this.folder = folder;
        this.keep = keep;
    }

    /**
     * Saves a trainer.
     *
     * @param trainer its weights, moments and step
     * @param tokenizer kept with the model, if there is one
     * @param state what else the run wants back, kept as JSON
     * @return the checkpoint's folder
     * @throws IOException if it cannot be written; older checkpoints are left
     */
    public Path save(Trainer trainer, Optional<Path> tokenizer, ObjectNode state) throws IOException {
        Path done = folder.resolve(String.format(Locale.ROOT, PREFIX + "%08d", trainer.step()));
        Path unfinished = folder.resolve("." + done.getFileName() + ".unfinished");
        remove(unfinished);
        Files.createDirectories(unfinished);
        ModelFolder.save(trainer.model(), unfinished);
        if (tokenizer.isPresent()) {
            AtomicFiles.write(unfinished.resolve(ModelFolder.TOKENIZER), Files.readAllBytes(tokenizer.get()));
        }
        Weights.save(moments(trainer), unfinished.resolve(MOMENTS), Map.of("step", Long.toString(trainer.step())));
        ObjectNode full = state.deepCopy();
        full.put("step", trainer.step());
        AtomicFiles.write(unfinished.resolve(STATE), StrictJson.print(full));
        remove(done);
        Files.move(unfinished, done, StandardCopyOption.ATOMIC_MOVE);
        List<Path> all = list();
        for (Path old : all.subList(0, Math.max(0, all.size() - keep))) {
            remove(old);
        }
        return done;
    }

    /**
     * The newest checkpoint.
     *
     * @return its folder, if there is any
     * @throws IOException if the folder cannot be read
     */
    public Optional<Path> latest() throws IOException {
        List<Path> all = list();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
    }

    /**
     * The state that was saved with a checkpoint.
     *
     * @param checkpoint its folder
     * @return the JSON
     * @throws IOException if it cannot be read
     * @throws InputException if it is malformed
     */
    public static ObjectNode state(Path checkpoint) throws IOException {
        Path file = checkpoint.resolve(STATE);
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file.toString(), null, "a checkpoint to resume from has this file");
        }
        return StrictJson.read(file);
    }

    /**
     * Sets a trainer whose model was loaded from a checkpoint to its moments and step.
     *
     * @param trainer the trainer
     * @param checkpoint the folder
     * @throws IOException if it cannot be read
     * @throws InputException if the moments are not those of the model, or the step is not there
     */
    public static void restore(Trainer trainer, Path checkpoint) throws IOException {
        long step = step(checkpoint);
        Safetensors stored = Safetensors.open(checkpoint.resolve(MOMENTS));
        for (Map.Entry<String, Tensor> moment : moments(trainer).entrySet()) {
            Tensor tensor = moment.getValue();
            StoredTensor found = stored.require(moment.getKey());
            if (found.type() != StoredType.F32 || !found.shape().equals(tensor.shape())) {
                throw new InputException(
                        stored.file()
                                + ": "
                                + found.name()
                                + ": found "
                                + found.type()
                                + found.shape()
                                + ", expected F32"
                                + tensor.shape()
                                + " as in the model; resume from another checkpoint");
            }
            tensor.upload(found.data());
        }
        trainer.resumeAt(step);
    }

    private static long step(Path checkpoint) throws IOException {
        JsonNode step = state(checkpoint).path("step");
        if (!step.canConvertToLong() || !step.isIntegralNumber() || step.asLong() < 0) {
            throw new InputException(
                    checkpoint.resolve(STATE)
                            + ": step: found "
                            + (step.isMissingNode() ? "nothing" : step)
                            + ", expected the number of steps done; resume from another checkpoint");
        }
        return step.asLong();
    }

    private static Map<String, Tensor> moments(Trainer trainer) {
        Map<String, Tensor> all = new LinkedHashMap<>();
        trainer.optimizer().firstMoments().forEach((name, tensor) -> all.put("first." + name, tensor));
        trainer.optimizer().secondMoments().forEach((name, tensor) -> all.put("second." + name, tensor));
        return all;
    }

    /** Oldest first; what else lies in the folder is the user's. */
    private List<Path> list() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> NAME.matcher(entry.getFileName().toString()).matches())
                    .filter(Files::isDirectory)
                    .sorted(Comparator.comparingLong(Checkpoints::stepOf))
                    .toList();
        }
    }

    private static long stepOf(Path checkpoint) {
        return Long.parseLong(checkpoint.getFileName().toString().substring(PREFIX.length()));
    }

    private static void remove(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> entries = Files.walk(tree)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        }
    }
}
