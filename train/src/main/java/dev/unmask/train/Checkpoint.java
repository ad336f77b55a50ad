package dev.unmask.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.AdapterFiles;
import dev.unmask.model.DamagedCheckpointException;
import dev.unmask.model.Inventory;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Verification;
import dev.unmask.model.Weights;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.FileDigest;
import dev.unmask.tensor.io.Safetensors;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One checkpoint of a run: a model folder that also holds the optimiser's moments, and in {@code training.json} the
 * state of the run with length and SHA-256 of every file.
 *
 * @param folder where it is
 */
public record Checkpoint(Path folder) {
    static final String MOMENTS = Inventory.MOMENTS;
    static final String STATE = Inventory.FILE;

    private static final String PREFIX = "step-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9]{8,18}");
    private static final String STEP = "step";

    /** Before the names of what moments are of. */
    private static final String FIRST = "first.";

    private static final String SECOND = "second.";

    /** Before the names of trained weights, where the model is their average. */
    private static final String WEIGHTS = "weights.";

    /** Before the names of averages, where the model is not. */
    private static final String AVERAGE = "average.";

    /** The name of the folder of a step. */
    static String name(long step) {
        return String.format(Locale.ROOT, PREFIX + "%08d", step);
    }

    /** Whether a folder is called as one of a step. */
    static boolean isNamed(Path folder) {
        return folder.getFileName() != null && NAME.matcher(folder.getFileName().toString()).matches();
    }

    /** The step that the folder is called by. */
    long namedStep() {
        return Long.parseLong(folder.getFileName().toString().substring(PREFIX.length()));
    }

    /**
     * The checkpoint that a model is part of.
     *
     * @param model a model folder, or its weights
     * @return the checkpoint, if it is one
     */
    public static Optional<Checkpoint> around(Path model) {
        return ModelFolder.checkpointAround(model).map(Checkpoint::new);
    }

    /**
     * The newest one of an earlier step beside it that is whole, all of whose files are read for that.
     *
     * @return the checkpoint; empty if there is none, or this one is not among those of a run
     * @throws IOException if the folder cannot be read
     */
    public Optional<Checkpoint> wholeBefore() throws IOException {
        if (!isNamed(folder)) {
            return Optional.empty();
        }
        Path run = folder.getParent() == null ? Path.of("") : folder.getParent();
        return new Checkpoints(run, 1).latestWhole(namedStep());
    }

    /** Writes the state of a checkpoint whose other files are there. */
    static void seal(Path folder, ObjectNode state, long step, Map<String, FileDigest> files) throws IOException {
        AtomicFiles.write(folder.resolve(STATE), new Inventory(files).sealed(StrictJson.line(state.put(STEP, step))));
    }

    /**
     * The state of the run that was saved with it.
     *
     * @return configuration and text, as far as the run has told
     * @throws IOException if it cannot be read
     * @throws DamagedCheckpointException if it is not as it was saved
     * @throws InputException if the configuration is one of another version that means nothing here
     */
    public RunState state() throws IOException {
        return RunState.of(json(), folder.resolve(STATE).toString());
    }

    /** What stands in the file of the state, {@code step} and {@code files} included. */
    ObjectNode json() throws IOException {
        return StrictJson.parse(Inventory.read(folder), folder.resolve(STATE).toString());
    }

    /**
     * Whether it tells the hashes of its files; those that older versions wrote do not, and damage goes unnoticed.
     *
     * @return whether it does
     * @throws IOException if it cannot be read
     * @throws DamagedCheckpointException if that cannot be told
     */
    public boolean isHashed() throws IOException {
        return Inventory.of(folder).isPresent();
    }

    /**
     * How many steps led to it.
     *
     * @return at least 0
     * @throws IOException if it cannot be read
     * @throws DamagedCheckpointException if its parts do not agree on it, or the run has not so many
     */
    public long step() throws IOException {
        return step(json());
    }

    private long step(ObjectNode state) {
        Path file = folder.resolve(STATE);
        JsonNode step = state.path(STEP);
        if (!step.canConvertToLong() || !step.isIntegralNumber() || step.asLong() < 0) {
            throw new DamagedCheckpointException(
                    file
                            + ": step: found "
                            + (step.isMissingNode() ? "nothing" : step)
                            + ", expected the number of steps done; resume from another checkpoint");
        }
        if (isNamed(folder) && namedStep() != step.asLong()) {
            throw new DamagedCheckpointException(
                    file
                            + ": step: found "
                            + step
                            + ", expected "
                            + namedStep()
                            + " by the name of the folder; resume from another checkpoint");
        }
        Optional<Long> last = RunState.lastStep(state);
        if (last.isPresent() && last.get() < step.asLong()) {
            throw new DamagedCheckpointException(
                    file
                            + ": step: found "
                            + step
                            + ", expected at most the "
                            + last.get()
                            + " steps of its run; resume from another checkpoint");
        }
        return step.asLong();
    }

    /**
     * Compares it with what was saved.
     *
     * @param how how thoroughly
     * @throws IOException if it cannot be read
     * @throws DamagedCheckpointException if a file is missing, or is another than was saved, or the parts are not of
     *     one step, or a number is not finite; the message names the file, what was found and what was expected
     */
    public void verify(Verification how) throws IOException {
        long step = step();
        Optional<Inventory> inventory = Inventory.of(folder);
        if (inventory.isPresent()) {
            inventory.get().verify(folder, how);
        }
        if (how == Verification.WHOLE) {
            verifyNumbers(step);
        }
    }

    private void verifyNumbers(long step) throws IOException {
        try {
            String weights = AdapterFiles.are(folder) ? AdapterFiles.WEIGHTS : ModelFolder.WEIGHTS;
            for (String name : List.of(weights, MOMENTS)) {
                Path file = folder.resolve(name);
                Safetensors stored = Safetensors.open(file);
                for (StoredTensor tensor : stored.tensors()) {
                    Weights.refuseNonFinite(file, tensor);
                }
                if (name.equals(MOMENTS)) {
                    requireStep(stored, step);
                }
            }
        } catch (InputException e) {
            throw new DamagedCheckpointException(e.getMessage(), e);
        }
    }

    private static void requireStep(Safetensors moments, long step) {
        String found = moments.metadata().get(STEP);
        if (!Long.toString(step).equals(found)) {
            throw new DamagedCheckpointException(
                    moments.file()
                            + ": found moments of step "
                            + found
                            + ", expected those of step "
                            + step
                            + " by "
                            + STATE
                            + "; resume from another checkpoint");
        }
    }

    /**
     * Sets a trainer whose model was loaded from it to its moments and step.
     *
     * @param trainer the trainer
     * @throws IOException if it cannot be read
     * @throws InputException if the moments are not those of the model, or the step is not there
     */
    public void restore(Trainer trainer) throws IOException {
        long step = step();
        Safetensors stored = Safetensors.open(folder.resolve(MOMENTS));
        requireStep(stored, step);
        AdamWOptimizer optimizer = trainer.optimizer();
        optimizer.firstMoments().forEach((name, tensor) -> upload(stored, FIRST + name, tensor));
        optimizer.secondMoments().forEach((name, tensor) -> upload(stored, SECOND + name, tensor));
        restoreWeights(trainer, stored);
        trainer.resumeAt(step);
    }

    /** The model was loaded from what is sampled from, which may be an average of the weights that are trained. */
    private static void restoreWeights(Trainer trainer, Safetensors stored) {
        boolean averaged = stored.tensors().stream().anyMatch(tensor -> tensor.name().startsWith(WEIGHTS));
        boolean beside = stored.tensors().stream().anyMatch(tensor -> tensor.name().startsWith(AVERAGE));
        if (averaged) {
            trainer.model().trained().forEach((name, tensor) -> upload(stored, WEIGHTS + name, tensor));
        }
        if (beside) {
            trainer.average()
                    .ifPresent(average ->
                            average.tensors().forEach((name, tensor) -> upload(stored, AVERAGE + name, tensor)));
        }
    }

    private static void upload(Safetensors stored, String name, Tensor tensor) {
        StoredTensor found = stored.require(name);
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

    /**
     * Bytes of the numbers that are saved beside the model: moments, and of weights and their average what the model is
     * not.
     */
    static long bytesBeside(Trainer trainer) {
        long trained = trainer.model().trained().values().stream().mapToLong(Tensor::bytes).sum();
        return trained * (trainer.average().isPresent() ? 3 : 2);
    }

    /**
     * Saves moments, and of weights and their average what the model is not.
     *
     * @param trainer of process 0; where processes share the update, they {@link #lend} what they have
     * @param file where to
     */
    static FileDigest saveBeside(Trainer trainer, Path file) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter().metadata(STEP, Long.toString(trainer.step()));
        add(writer, FIRST, trainer, trainer.optimizer().firstMoments());
        add(writer, SECOND, trainer, trainer.optimizer().secondMoments());
        trainer.average()
                .ifPresent(average -> {
                    boolean saved = trainer.evaluated() == average.model();
                    Map<String, Tensor> other = saved ? trainer.model().trained() : average.tensors();
                    other.forEach((name, tensor) -> add(writer, (saved ? WEIGHTS : AVERAGE) + name, tensor));
                });
        return writer.write(file);
    }

    /** Takes part in a save of process 0: in its order, what is held here is sent there. */
    static void lend(Trainer trainer) {
        trainer.exchange()
                .shards()
                .ifPresent(shards -> {
                    shards.collect(trainer.optimizer().firstMoments());
                    shards.collect(trainer.optimizer().secondMoments());
                });
    }

    private static void add(SafetensorsWriter writer, String prefix, Trainer trainer, Map<String, Tensor> own) {
        Optional<UpdateShards> shards = trainer.exchange().shards();
        if (shards.isEmpty()) {
            own.forEach((name, tensor) -> add(writer, prefix + name, tensor));
            return;
        }
        // Those of one kind come together, when the first is written.
        Map<String, MemorySegment> all = new HashMap<>();
        trainer.model()
                .trained()
                .forEach((name, parameter) ->
                        Weights.add(
                                writer,
                                prefix + name,
                                StoredType.F32,
                                parameter.shape(),
                                (from, target) -> {
                                    if (all.isEmpty()) {
                                        all.putAll(shards.get().collect(own));
                                    }
                                    target.copyFrom(all.get(name).asSlice(from, target.byteSize()));
                                }));
    }

    private static void add(SafetensorsWriter writer, String name, Tensor tensor) {
        Weights.add(
                writer,
                name,
                StoredType.F32,
                tensor.shape(),
                (from, target) -> tensor.download(from / Float.BYTES, target));
    }
}
