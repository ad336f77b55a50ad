package dev.unmask.model;

import dev.unmask.model.chat.ChatTemplate;
import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.BFloat16;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.NewFolder;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Turns models of published families into Unmask's own folders, and models into folders of families. */
public final class Exchange {
    /** Files that lie beside weights and go with the model as they are. */
    private static final List<String> BESIDE =
            List.of(
                    TextTokenizer.FILE_NAME,
                    TextTokenizer.CONFIGURATION_NAME,
                    "special_tokens_map.json",
                    "added_tokens.json",
                    "vocab.txt",
                    "vocab.json",
                    "merges.txt",
                    "tokenizer.model",
                    ChatTemplate.FILE_NAME,
                    "LICENSE",
                    "NOTICE");

    private static final String GENERATION = "generation_config.json";

    /** The types that can be written. */
    private static final Set<StoredType> WRITTEN =
            EnumSet.of(StoredType.F32, StoredType.BF16, StoredType.F16, StoredType.I8);

    private Exchange() {}

    /**
     * Writes a model of any family as one of Unmask's: its configuration, its weights in one file under the names of
     * METHOD §1.3 and as they were stored, the tokenizer's files, and the tokens with a role as {@code
     * generation_config.json}.
     *
     * @param source the model
     * @param target a new or empty folder
     * @throws InputException if a file is malformed, or the target holds something
     * @throws IOException if a file cannot be read or written
     */
    public static void importModel(ModelFolder source, Path target) throws IOException {
        refuseAdapters(source);
        WeightFiles files = WeightFiles.open(source.weights());
        StoredModel model = StoredModel.of(source, files);
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        model.parameters().forEach((name, data) -> add(writer, name, data, Optional.empty()));
        NewFolder.write(
                target,
                () -> {
                    copyBeside(source, target);
                    writer.write(target.resolve(model.hasInt8() ? Int8Weights.FILE : ModelFolder.WEIGHTS));
                    writeRoles(source, target);
                    AtomicFiles.write(target.resolve(ConfigFile.NAME), ConfigFile.print(model.config()));
                });
    }

    /**
     * Writes a model as a family publishes its own.
     *
     * @param source the model
     * @param target a new or empty folder
     * @param family the family
     * @param type what the weights are stored as, F32, BF16 or F16, or I8: then those that {@linkplain
     *     Int8Weights#mayBe may be} are rounded to int8 and the others stay as they are, and a head that is tied to the
     *     embedding becomes one of its own; empty: all as they are
     * @throws InputException if a file is malformed, the target holds something, or the family has no such network
     * @throws IOException if a file cannot be read or written
     */
    public static void exportModel(ModelFolder source, Path target, Family family, Optional<StoredType> type)
            throws IOException {
        if (type.isPresent() && !WRITTEN.contains(type.get())) {
            throw new InputException("--dtype: found " + type.get() + ", expected one of " + WRITTEN);
        }
        refuseAdapters(source);
        WeightFiles files = WeightFiles.open(source.weights());
        StoredModel model = StoredModel.of(source, files);
        model = family.fused() ? model.withFusedProjections() : model.withSeparateProjections().withMaskWithin();
        boolean int8 = type.map(StoredType.I8::equals).orElse(model.hasInt8());
        if (int8 && type.isPresent()) {
            // An embedding cannot be in int8; of a matrix that is only looked up, what is not looked up costs nothing.
            model = model.withOwnHead();
        }
        Map<String, Object> keys = new LinkedHashMap<>(family.write(model.config(), source.tokens()));
        NewFolder.requireFree(target);
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        for (ParameterSpec spec : model.config().parameters()) {
            StoredModel.Data data = model.parameters().get(spec.name());
            boolean stays = int8 && (type.isEmpty() || !Int8Weights.mayBe(spec));
            add(writer, family.published(spec.name()), data, stays ? Optional.empty() : type);
        }
        StoredType largest = int8 ? typeOf(model) : type.orElse(typeOf(model));
        keys.computeIfPresent("torch_dtype", (key, value) -> nameInTorch(largest));
        if (int8 && !family.modelTypes().isEmpty()) {
            keys.put("quantization_config", Int8Weights.QUANTIZATION_KEYS);
        }
        NewFolder.write(
                target,
                () -> {
                    copyBeside(source, target);
                    writer.write(target.resolve(int8 ? Int8Weights.FILE : ModelFolder.WEIGHTS));
                    if (!family.modelTypes().isEmpty()) {
                        writeRoles(source, target);
                    }
                    AtomicFiles.write(target.resolve(ConfigFile.NAME), StrictJson.print(keys));
                });
    }

    private static void refuseAdapters(ModelFolder source) {
        if (!source.adapters().isEmpty()) {
            throw new InputException(
                    source.adapters().getFirst().folder()
                            + ": found adapters, expected a model without; add them to its weights first, by unmask"
                            + " merge");
        }
    }

    private static StoredType typeOf(StoredModel model) {
        return model.parameters().values().stream()
                .filter(data -> data.type() != StoredType.I8)
                .max((a, b) -> Long.compare(a.shape().elements(), b.shape().elements()))
                .orElseThrow()
                .type();
    }

    private static String nameInTorch(StoredType type) {
        return switch (type) {
            case BF16 -> "bfloat16";
            case F16 -> "float16";
            default -> "float32";
        };
    }

    static void copyBeside(ModelFolder source, Path target) throws IOException {
        Path folder = source.weights().toAbsolutePath().getParent();
        for (String name : BESIDE) {
            if (Files.isRegularFile(folder.resolve(name))) {
                AtomicFiles.write(target.resolve(name), Files.readAllBytes(folder.resolve(name)));
            }
        }
    }

    /** The tokens with a role go where every reader of a model looks for them. */
    static void writeRoles(ModelFolder source, Path target) throws IOException {
        Path beside = source.weights().toAbsolutePath().resolveSibling(GENERATION);
        Map<String, Object> keys = new LinkedHashMap<>();
        if (Files.isRegularFile(beside)) {
            StrictJson.read(beside).properties().forEach(entry -> keys.put(entry.getKey(), entry.getValue()));
        }
        source.tokens().keys().forEach(keys::putIfAbsent);
        if (!keys.isEmpty()) {
            AtomicFiles.write(target.resolve(GENERATION), StrictJson.print(keys));
        }
    }

    /** Adds a tensor, as it is or of another type; one in int8 with its scales. */
    static void add(SafetensorsWriter writer, String name, StoredModel.Data data, Optional<StoredType> type) {
        if (type.isPresent() && type.get() == StoredType.I8 && data.type() != StoredType.I8) {
            StoredModel.Data scales = Int8Rounding.scales(name, data);
            writer.add(
                    name,
                    StoredType.I8,
                    data.shape(),
                    (from, target) -> Int8Rounding.round(name, data, scales, from, target));
            writer.add(Int8Weights.scalesOf(name), scales.type(), scales.shape(), scales::read);
        } else if (type.isEmpty() || type.get() == data.type()) {
            writer.add(name, data.type(), data.shape(), data::read);
            data.scales()
                    .ifPresent(scales ->
                            writer.add(Int8Weights.scalesOf(name), scales.type(), scales.shape(), scales::read));
        } else {
            writer.add(name, type.get(), data.shape(), (from, target) -> convert(name, data, from, type.get(), target));
        }
    }

    /** Converts a piece: by way of float32, to nearest. */
    private static void convert(String name, StoredModel.Data data, long from, StoredType type, MemorySegment target) {
        long first = from / type.bytes();
        long count = target.byteSize() / type.bytes();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment floats = arena.allocate(count * Float.BYTES, Float.BYTES);
            floats(name, data, first, floats);
            narrow(floats, count, type, target);
        }
    }

    /** Reads elements that follow each other as float32; those in int8 are multiplied by their scales. */
    static void floats(String name, StoredModel.Data data, long first, MemorySegment target) {
        long count = target.byteSize() / Float.BYTES;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stored = arena.allocate(count * data.type().bytes(), Double.BYTES);
            data.read(first * data.type().bytes(), stored);
            if (data.scales().isPresent()) {
                Int8Rounding.restore(data, first, stored, target);
            } else {
                new StoredTensor(name, data.type(), Shape.of(Math.toIntExact(count)), stored).copyAsFloat32(target);
            }
        }
    }

    /** Rounds float32 to what is written, to nearest. */
    static void narrow(MemorySegment floats, long count, StoredType type, MemorySegment target) {
        for (long i = 0; i < count; i++) {
            float value = floats.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            switch (type) {
                case BF16 -> target.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, BFloat16.bits(value));
                case F16 -> target.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, Float.floatToFloat16(value));
                default -> target.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, value);
            }
        }
    }
}
