package dev.unmask.model;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.chat.ChatTemplate;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.FileDigest;
import dev.unmask.tensor.program.Backend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A model on disk: {@code config.json}, {@code model.safetensors}, several files and their index, or {@code
 * model.int8.safetensors}, and, if it came with one, {@code tokenizer.json}; as Unmask writes it or as one of the
 * {@linkplain Family families} publishes it. A published SMDM file on its own is one too: its sizes are found among the
 * presets.
 *
 * @param config the sizes
 * @param weights the safetensors file, or the index of several
 * @param tokenizer the tokenizer file
 * @param family whose names the tensors have; empty: those of METHOD §1.3
 * @param adapters low-rank adapters that are added to the weights
 */
public record ModelFolder(
        ModelConfig config,
        Path weights,
        Optional<Path> tokenizer,
        Optional<Family> family,
        List<AdapterFolder> adapters) {
    /** Takes a copy of the list. */
    public ModelFolder {
        adapters = List.copyOf(adapters);
    }

    /**
     * A model without adapters.
     *
     * @param config the sizes
     * @param weights the safetensors file, or the index of several
     * @param tokenizer the tokenizer file
     * @param family whose names the tensors have; empty: those of METHOD §1.3
     */
    public ModelFolder(ModelConfig config, Path weights, Optional<Path> tokenizer, Optional<Family> family) {
        this(config, weights, tokenizer, family, List.of());
    }

    /**
     * Low-rank adapters in a folder, see {@link AdapterFiles}.
     *
     * @param folder where their files are
     * @param weight what they count; 1 is how they were trained
     */
    public record AdapterFolder(Path folder, double weight) {}

    /** The weights' file name. */
    public static final String WEIGHTS = "model.safetensors";

    /** Where a run keeps its checkpoints, each a model folder. */
    public static final String CHECKPOINTS = "checkpoints";

    private static final Pattern CHECKPOINT = Pattern.compile("step-[0-9]{8,18}");

    private static final Pattern SHARD = Pattern.compile("-\\d{5}-of-(?!00001)\\d{5}\\.safetensors$");

    /** The tokenizer's file name. */
    public static final String TOKENIZER = "tokenizer.json";

    /**
     * Finds a model, whose files are taken as they are.
     *
     * @param path a run's folder, whose newest checkpoint is taken, a folder with {@code model.safetensors}, or a
     *     safetensors file
     * @return where its parts are
     * @throws NoSuchFileException if there is none; the message says what was looked for
     * @throws IOException if a file cannot be read
     * @throws InputException if a file is malformed, or there is no configuration and no preset fits
     */
    public static ModelFolder open(Path path) throws IOException {
        return open(path, Verification.NONE);
    }

    /**
     * Finds a model and compares its files with what was saved.
     *
     * @param path a run's folder, whose newest checkpoint is taken, a folder with {@code model.safetensors}, or a
     *     safetensors file
     * @param how how thoroughly they are compared
     * @return where its parts are
     * @throws NoSuchFileException if there is none; the message says what was looked for
     * @throws IOException if a file cannot be read
     * @throws DamagedCheckpointException if a checkpoint is not as it was saved
     * @throws InputException if a file is malformed, or there is no configuration and no preset fits, or a weight is
     *     not finite
     */
    public static ModelFolder open(Path path, Verification how) throws IOException {
        Path model = resolve(path);
        verify(model, how);
        ModelFolder found = find(path, model, how);
        if (how == Verification.WHOLE) {
            WeightFiles files = WeightFiles.open(found.weights());
            files.tensors().forEach(tensor -> Weights.refuseNonFinite(files.fileOf(tensor.name()), tensor));
        }
        return found;
    }

    /**
     * Compares the files of a checkpoint with what was saved. Of a model that is none there is nothing to compare.
     *
     * @param model a folder, or a safetensors file
     * @param how how thoroughly they are compared
     * @throws IOException if a file cannot be read
     * @throws DamagedCheckpointException if a file is missing, or another than was saved
     */
    public static void verify(Path model, Verification how) throws IOException {
        Optional<Path> checkpoint = checkpointAround(model);
        if (checkpoint.isPresent() && how != Verification.NONE) {
            Optional<Inventory> saved = Inventory.of(checkpoint.get());
            if (saved.isPresent()) {
                saved.get().verify(checkpoint.get(), how);
            }
        }
    }

    /**
     * The model that a path names.
     *
     * @param path of anything
     * @return of a run's folder its newest checkpoint, if there is one; else the path itself
     * @throws IOException if the folder cannot be read
     */
    public static Path resolve(Path path) throws IOException {
        return newestCheckpoint(path).orElse(path);
    }

    /**
     * The checkpoint that a model is part of.
     *
     * @param model a model folder, or its weights
     * @return the folder that holds an {@link Inventory#FILE}, if it does
     */
    public static Optional<Path> checkpointAround(Path model) {
        boolean isFolder = Files.isDirectory(model);
        Path folder = isFolder ? model : model.toAbsolutePath().getParent();
        return Optional.of(folder)
                .filter(found -> isFolder || model.endsWith(WEIGHTS))
                .filter(found -> Files.exists(found.resolve(Inventory.FILE)));
    }

    private static ModelFolder find(Path path, Path model, Verification how) throws IOException {
        NoModel.refuseUnfinished(Files.isDirectory(model) ? model : model.toAbsolutePath().getParent());
        if (AdapterFiles.are(model) && !Files.exists(weightsIn(model))) {
            return openAdapters(model, how);
        }
        Path weights = Files.isDirectory(model) ? weightsIn(model) : model;
        if (!Files.isRegularFile(weights)) {
            throw NoModel.at(path);
        }
        refuseShard(weights);
        Path folder = weights.toAbsolutePath().getParent();
        Path config = folder.resolve(ConfigFile.NAME);
        Optional<Path> tokenizer = Optional.of(folder.resolve(TOKENIZER)).filter(Files::exists);
        if (!Files.exists(config)) {
            return new ModelFolder(Presets.of(weights), weights, tokenizer, Optional.empty());
        }
        ObjectNode keys = StrictJson.read(config);
        if (!PublishedConfig.is(keys)) {
            return new ModelFolder(ConfigFile.read(config, keys), weights, tokenizer, Optional.empty());
        }
        PublishedConfig published = new PublishedConfig(config.toString(), keys);
        Family family = Families.of(published);
        TokenRoles roles = TokenRoles.in(folder);
        try {
            return new ModelFolder(family.read(published, roles), weights, tokenizer, Optional.of(family));
        } catch (InputException e) {
            String where = config.toString();
            throw e.getMessage().startsWith(where) ? e : new InputException(where + ": " + e.getMessage(), e);
        }
    }

    /** Adapters name the model that they add to: from where we are, or from where they lie. */
    private static ModelFolder openAdapters(Path folder, Verification how) throws IOException {
        String name = AdapterConfig.read(folder.resolve(AdapterConfig.NAME)).base();
        Path base = name.isEmpty() || name.indexOf(0) >= 0 ? folder : Path.of(name);
        if (!Files.exists(base)) {
            base = folder.resolve(base).normalize();
        }
        if (name.isEmpty() || !Files.exists(base) || base.equals(folder)) {
            throw new InputException(
                    folder
                            + ": found adapters of the model "
                            + (name.isEmpty() ? "(no name)" : name)
                            + ", which is not there; name its folder by --model and these by --adapter, or set"
                            + " base_model_name_or_path in "
                            + AdapterConfig.NAME);
        }
        ModelFolder model = open(base, how).withAdapter(new AdapterFolder(folder, 1));
        Path beside = folder.resolve(TOKENIZER);
        return Files.exists(beside) ? model.withTokenizer(beside) : model;
    }

    private ModelFolder withTokenizer(Path file) {
        return new ModelFolder(config, weights, Optional.of(file), family, adapters);
    }

    /**
     * This model with more adapters.
     *
     * @param added added to those that are there
     * @return the model
     */
    public ModelFolder withAdapter(AdapterFolder added) {
        return new ModelFolder(
                config, weights, tokenizer, family, Stream.concat(adapters.stream(), Stream.of(added)).toList());
    }

    private static Path weightsIn(Path folder) {
        Path one = folder.resolve(WEIGHTS);
        return Stream.of(WeightFiles.INDEX, Int8Weights.FILE)
                .map(folder::resolve)
                .filter(other -> !Files.exists(one) && Files.isRegularFile(other))
                .findFirst()
                .orElse(one);
    }

    /**
     * Where the weights are, in a word: what {@link #open} takes to find the same weights again.
     *
     * @return the folder of the checkpoint or model, or the file on its own
     */
    public Path location() {
        String name = weights.getFileName().toString();
        boolean usual = name.equals(WEIGHTS) || name.equals(WeightFiles.INDEX) || name.equals(Int8Weights.FILE);
        return usual && weights.getParent() != null ? weights.getParent() : weights;
    }

    /**
     * The tokens with a role, as the files of the folder name them.
     *
     * @return the roles; of a masked model the mask token is that of its configuration
     * @throws IOException if a file cannot be read
     * @throws InputException if a file is malformed
     */
    public TokenRoles tokens() throws IOException {
        TokenRoles named = TokenRoles.in(weights.toAbsolutePath().getParent());
        return new TokenRoles(
                config.causal() ? OptionalInt.empty() : OptionalInt.of(config.maskToken()),
                named.begin(),
                named.ends(),
                named.endOfTurn(),
                named.padding());
    }

    /**
     * How the model wants conversations written.
     *
     * @return the template, if one lies beside the weights
     * @throws IOException if a file cannot be read
     * @throws InputException if a file is malformed
     */
    public Optional<ChatTemplate> chatTemplate() throws IOException {
        return ChatTemplate.in(weights.toAbsolutePath().getParent());
    }

    /** Whether a folder of this name, within {@link #CHECKPOINTS}, is one. */
    static boolean isCheckpoint(String name) {
        return CHECKPOINT.matcher(name).matches();
    }

    /** Of a run's folder, that of the highest step. */
    private static Optional<Path> newestCheckpoint(Path path) throws IOException {
        Path checkpoints = path.resolve(CHECKPOINTS);
        if (!Files.isDirectory(checkpoints) || Files.exists(path.resolve(WEIGHTS))) {
            return Optional.empty();
        }
        try (Stream<Path> folders = Files.list(checkpoints)) {
            return folders.filter(folder -> isCheckpoint(folder.getFileName().toString()))
                    .filter(Files::isDirectory)
                    .max(
                            Comparator.comparingLong(folder ->
                                    Long.parseLong(folder.getFileName().toString().substring("step-".length()))));
        }
    }

    /** A part of the weights has a name that tells so: loaded alone, it would lack tensors. */
    private static void refuseShard(Path weights) {
        if (SHARD.matcher(weights.getFileName().toString()).find()) {
            throw new InputException(
                    weights
                            + ": found one of several files that hold the weights together, expected all of them; name"
                            + " the folder, in which "
                            + WeightFiles.INDEX
                            + " lists them");
        }
    }

    /**
     * Loads the model. Where there are adapters the weights are frozen, whatever they will be used for: mapped, and as
     * they are stored.
     *
     * @param backend owns the weights
     * @param use whether they will be updated
     * @return the transformer
     * @throws IOException if the weights cannot be read
     * @throws InputException if they are malformed, are not all finite or do not fit the configuration, or are in int8
     *     and to be updated
     */
    public Transformer load(Backend backend, Weights.Use use) throws IOException {
        Weights.Use kept = adapters.isEmpty() ? use : Weights.Use.INFERENCE;
        WeightFiles files = WeightFiles.open(weights);
        if (use == Weights.Use.TRAINING) {
            Int8Weights.refuseTraining(files);
        }
        Transformer base = new Transformer(backend, config, Weights.load(backend, config, files, family, kept));
        if (adapters.isEmpty()) {
            return base;
        }
        List<AdapterSet.Weighted> sets = new ArrayList<>();
        for (AdapterFolder adapter : adapters) {
            sets.add(
                    new AdapterSet.Weighted(
                            AdapterFiles.load(backend, config, family, adapter.folder()), adapter.weight()));
        }
        return base.withAdapters(AdapterSet.sum(backend, sets));
    }

    /**
     * Writes a model into a folder, each file atomically; of a model with adapters these alone, see {@link
     * AdapterFiles}.
     *
     * @param model the model
     * @param folder made if missing
     * @return the digests of the files, by name
     * @throws IOException if a file cannot be written
     * @throws NonFiniteException if a weight is not finite
     */
    public static Map<String, FileDigest> save(Transformer model, Path folder) throws IOException {
        Files.createDirectories(folder);
        if (model.adapters().isPresent()) {
            return AdapterFiles.save(model.adapters().get(), folder);
        }
        FileDigest weights = Weights.save(model, folder.resolve(WEIGHTS));
        FileDigest config = AtomicFiles.write(folder.resolve(ConfigFile.NAME), ConfigFile.print(model.config()));
        return Map.of(WEIGHTS, weights, ConfigFile.NAME, config);
    }
}
