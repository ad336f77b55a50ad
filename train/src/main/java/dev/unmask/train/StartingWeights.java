package dev.unmask.train;

import dev.unmask.model.AdapterConfig;
import dev.unmask.model.Adapters;
import dev.unmask.model.Initialization;
import dev.unmask.model.Int8Weights;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Verification;
import dev.unmask.model.WeightFiles;
import dev.unmask.model.Weights;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What a run trains.
 *
 * @param model all of whose weights are trained, or the adapters alone
 * @param frozen tells the weights under adapters from others; empty: none are frozen
 */
record StartingWeights(Transformer model, String frozen) {
    private static final int SAMPLES = 64;
    private static final int SAMPLE_BYTES = 64;

    /** All weights of a new model. */
    static StartingWeights of(Transformer model) {
        return new StartingWeights(model, "");
    }

    /** Those that fine-tuning starts from, perhaps under new adapters. */
    static StartingWeights of(Backend backend, RunConfig config) throws IOException {
        ModelFolder folder = ModelFolder.open(Path.of(config.from()), Verification.USUAL);
        if (!config.lora().wanted()) {
            return of(inBlocks(backend, folder.load(backend, Weights.Use.TRAINING), config), folder);
        }
        if (!folder.adapters().isEmpty()) {
            throw new InputException(
                    "--lora: "
                            + config.from()
                            + " has adapters of its own, expected a model without; train these further by leaving"
                            + " --lora out, or merge them first");
        }
        Int8Weights.refuseTraining(WeightFiles.open(folder.weights()));
        AdapterConfig how = config.lora().of(folder.location().toString());
        Transformer frozen = inBlocks(backend, folder.load(backend, Weights.Use.INFERENCE), config);
        return new StartingWeights(
                frozen.withAdapters(Adapters.of(backend, folder, how, config.trainer().seed())), fingerprint(folder));
    }

    /** The same weights in a model that sees as block diffusion has it. */
    private static Transformer inBlocks(Backend backend, Transformer model, RunConfig config) {
        if (config.blocks().length() == 0) {
            return model;
        }
        Transformer other = new Transformer(backend, config.blocks().in(model.config()), model.parameters());
        return model.adapters().map(other::withAdapters).orElse(other);
    }

    /** Those of a checkpoint; refuses adapters of other weights than they were trained on. */
    static StartingWeights of(Backend backend, Checkpoint checkpoint, String frozen) throws IOException {
        ModelFolder folder = ModelFolder.open(checkpoint.folder());
        if (!frozen.isEmpty() && !folder.adapters().isEmpty() && !fingerprint(folder).equals(frozen)) {
            throw new InputException(
                    "--resume: "
                            + folder.weights()
                            + ": found other weights than those that the adapters in "
                            + checkpoint.folder()
                            + " were trained on; put these back, or begin a new run");
        }
        return of(folder.load(backend, Weights.Use.TRAINING), folder);
    }

    private static StartingWeights of(Transformer model, ModelFolder folder) throws IOException {
        return folder.adapters().isEmpty() ? of(model) : new StartingWeights(model, fingerprint(folder));
    }

    /**
     * Tells frozen weights from others without reading all of them: names, types, shapes, and some bytes all over each.
     *
     * @return hexadecimal
     */
    private static String fingerprint(ModelFolder folder) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        for (StoredTensor tensor : WeightFiles.open(folder.weights()).tensors()) {
            String header = tensor.name() + " " + tensor.type() + " " + tensor.shape() + "\n";
            digest.update(header.getBytes(StandardCharsets.UTF_8));
            long bytes = tensor.data().byteSize();
            long step = Math.max(SAMPLE_BYTES, bytes / SAMPLES);
            for (long at = 0; at < bytes; at += step) {
                digest.update(tensor.data().asSlice(at, Math.min(SAMPLE_BYTES, bytes - at)).asByteBuffer());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The model with all that takes memory, but without its numbers where they would be copied. */
    static Transformer unread(DryRun dryRun, RunConfig config, Optional<Checkpoint> checkpoint) throws IOException {
        if (checkpoint.isPresent()) {
            ModelFolder saved = ModelFolder.open(checkpoint.get().folder());
            if (!saved.adapters().isEmpty()) {
                return saved.load(dryRun, Weights.Use.TRAINING);
            }
        } else if (config.lora().wanted()) {
            return of(dryRun, config).model();
        }
        return Initialization.zeros(dryRun, Run.sizes(config, checkpoint));
    }
}
