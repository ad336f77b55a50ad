package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.FileDigest;
import dev.unmask.tensor.io.Safetensors;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;
import dev.unmask.tensor.program.Backend;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Low-rank adapters in files as PEFT writes and reads them: {@code adapter_config.json} and {@code
 * adapter_model.safetensors}, in which {@code base_model.model.MODULE.lora_A.weight} is {@code [r, in]} and {@code
 * lora_B} {@code [out, r]}. A module is called as the family of the base publishes it, or by our name.
 */
public final class AdapterFiles {
    /** The file of their numbers. */
    public static final String WEIGHTS = "adapter_model.safetensors";

    private static final String PREFIX = "base_model.model.";

    /** Some writers put the adapter's name behind. */
    private static final Pattern NAME = Pattern.compile("(.+)\\.lora_([AB])(?:\\.[^.]+)?\\.weight");

    private static final Set<StoredType> READ = Set.of(StoredType.F32, StoredType.BF16, StoredType.F16, StoredType.F64);

    private AdapterFiles() {}

    /**
     * Whether a folder holds adapters.
     *
     * @param folder any path
     * @return whether PEFT's configuration is in it
     */
    public static boolean are(Path folder) {
        return Files.isRegularFile(folder.resolve(AdapterConfig.NAME));
    }

    /**
     * What modules of a model are called in files of adapters.
     *
     * @param config the model
     * @param family that it is published in, if any
     * @return the module of each matrix of a block, by the name of its weight
     */
    public static Map<String, String> modules(ModelConfig config, Optional<Family> family) {
        Map<String, String> modules = new LinkedHashMap<>();
        for (ParameterSpec spec : Adapters.matrices(config)) {
            modules.put(spec.name(), stem(family.map(f -> f.published(spec.name())).orElse(spec.name())));
        }
        return modules;
    }

    private static String stem(String weight) {
        return weight.replaceFirst("\\.weight$", "");
    }

    /**
     * Writes adapters, each file atomically.
     *
     * @param set the adapters
     * @param folder made if missing
     * @return the digests of the files, by name
     * @throws IOException if a file cannot be written
     * @throws NonFiniteException if a number is not finite
     */
    public static Map<String, FileDigest> save(AdapterSet set, Path folder) throws IOException {
        Files.createDirectories(folder);
        Map<String, Tensor> tensors = new TreeMap<>();
        set.adapters()
                .forEach((name, adapter) -> {
                    String module = PREFIX + set.modules().get(name);
                    tensors.put(module + ".lora_A.weight", adapter.down());
                    tensors.put(module + ".lora_B.weight", adapter.up());
                });
        FileDigest weights = Weights.save(tensors, folder.resolve(WEIGHTS), Map.of("format", "pt"));
        List<String> targets = set.adapters().keySet().stream().map(set.modules()::get).sorted().toList();
        FileDigest config =
                AtomicFiles.write(folder.resolve(AdapterConfig.NAME), set.config().print(ends(targets), set.ranks()));
        return Map.of(WEIGHTS, weights, AdapterConfig.NAME, config);
    }

    /** The parts of the names behind the number of the block, which PEFT takes for the modules that end in them. */
    private static List<String> ends(List<String> modules) {
        return modules.stream().map(module -> module.replaceFirst("^.*?\\.\\d+\\.", "")).distinct().sorted().toList();
    }

    /**
     * Loads adapters for a model, to be used or trained further.
     *
     * @param backend owns them
     * @param config the model
     * @param family that it is published in, if any
     * @param folder with PEFT's two files
     * @return the adapters
     * @throws IOException if a file is missing or cannot be read
     * @throws InputException if a file is malformed, or an adapter is of a module that the model lacks, or does not fit
     *     it; the message names file and tensor
     */
    public static AdapterSet load(Backend backend, ModelConfig config, Optional<Family> family, Path folder)
            throws IOException {
        AdapterConfig adapter = AdapterConfig.read(folder.resolve(AdapterConfig.NAME));
        Map<String, StoredAdapter> stored = find(config, family, folder);
        Map<String, Linear.Adapter> adapters = new LinkedHashMap<>();
        Map<String, String> modules = new LinkedHashMap<>();
        for (ParameterSpec spec : Adapters.matrices(config)) {
            String name = spec.name();
            StoredAdapter pair = stored.get(name);
            if (pair != null) {
                Tensor down = load(backend, Adapters.nameOfDown(name), pair.down());
                Tensor up = load(backend, Adapters.nameOfUp(name), pair.up());
                adapters.put(name, new Linear.Adapter(down, up, pair.scale(adapter)));
                modules.put(name, pair.module());
            }
        }
        return new AdapterSet(adapter, adapters, modules);
    }

    /**
     * A low-rank pair as it lies in a file.
     *
     * @param module its name there
     * @param down {@code [r, in]}
     * @param up {@code [out, r]}
     */
    record StoredAdapter(String module, StoredTensor down, StoredTensor up) {
        float scale(AdapterConfig config) {
            return config.scale(module, down.shape().rows());
        }
    }

    /** The pairs of a file, by the names of the weights that they add to. */
    static Map<String, StoredAdapter> find(ModelConfig config, Optional<Family> family, Path folder)
            throws IOException {
        Path file = folder.resolve(WEIGHTS);
        if (!Files.isRegularFile(file)) {
            boolean pickled = Files.exists(folder.resolve("adapter_model.bin"));
            throw new NoSuchFileException(
                    folder.toString(),
                    null,
                    "no adapters there: "
                            + (pickled ? "found adapter_model.bin, " : "")
                            + "expected "
                            + WEIGHTS
                            + (pickled ? "; save them with safe_serialization=True" : ""));
        }
        Map<String, String> known = parametersByModule(config, family);
        Map<String, StoredTensor[]> pairs = new LinkedHashMap<>();
        for (StoredTensor tensor : Safetensors.open(file).tensors()) {
            String name = tensor.name();
            Matcher parts = NAME.matcher(name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name);
            if (!parts.matches() || !known.containsKey(parts.group(1))) {
                throw new InputException(
                        file
                                + ": found "
                                + name
                                + ", expected adapters of matrices of this model's blocks, such as "
                                + PREFIX
                                + modules(config, family).values().iterator().next()
                                + ".lora_A.weight; are they of another model?");
            }
            if (!READ.contains(tensor.type())) {
                throw new InputException(
                        file + ": " + name + ": found type " + tensor.type() + ", expected F32, BF16, F16 or F64");
            }
            Weights.refuseNonFinite(file, tensor);
            pairs.computeIfAbsent(parts.group(1), _ -> new StoredTensor[2])[parts.group(2).equals("A") ? 0 : 1] =
                    tensor;
        }
        Map<String, StoredAdapter> found = new LinkedHashMap<>();
        for (Map.Entry<String, StoredTensor[]> pair : pairs.entrySet()) {
            String parameter = known.get(pair.getKey());
            requireFit(file, config, parameter, pair);
            found.put(parameter, new StoredAdapter(pair.getKey(), pair.getValue()[0], pair.getValue()[1]));
        }
        if (found.isEmpty()) {
            throw new InputException(file + ": found no adapters in it, expected at least one");
        }
        return found;
    }

    /**
     * By the name of the model's family first, then by ours, then by that of any family: an imported model has ours.
     */
    private static Map<String, String> parametersByModule(ModelConfig config, Optional<Family> family) {
        Map<String, String> known = new LinkedHashMap<>();
        family.ifPresent(own -> modules(config, Optional.of(own)).forEach((name, module) -> known.put(module, name)));
        modules(config, Optional.empty()).forEach((name, module) -> known.putIfAbsent(module, name));
        for (Family other : Family.all()) {
            try {
                modules(config, Optional.of(other)).forEach((name, module) -> known.putIfAbsent(module, name));
            } catch (InputException lacks) {
                continue; // The family has no name for a part of this network.
            }
        }
        // Adapters of a model without its head lack the first part.
        for (Map.Entry<String, String> each : List.copyOf(known.entrySet())) {
            if (each.getKey().startsWith("model.")) {
                known.putIfAbsent(each.getKey().substring("model.".length()), each.getValue());
            }
        }
        return known;
    }

    private static void requireFit(
            Path file, ModelConfig config, String parameter, Map.Entry<String, StoredTensor[]> pair) {
        StoredTensor down = pair.getValue()[0];
        StoredTensor up = pair.getValue()[1];
        if (down == null || up == null) {
            throw new InputException(
                    file
                            + ": found "
                            + (down == null ? "lora_B" : "lora_A")
                            + " of "
                            + pair.getKey()
                            + " alone, expected both");
        }
        ParameterSpec spec =
                config.parameters().stream().filter(each -> each.name().equals(parameter)).findFirst().orElseThrow();
        boolean fits =
                down.shape().rank() == 2
                        && up.shape().rank() == 2
                        && down.shape().columns() == spec.shape().columns()
                        && up.shape().rows() == spec.shape().rows()
                        && up.shape().columns() == down.shape().rows();
        if (!fits) {
            throw new InputException(
                    file
                            + ": "
                            + pair.getKey()
                            + ": found lora_A "
                            + down.shape()
                            + " and lora_B "
                            + up.shape()
                            + ", expected [r, "
                            + spec.shape().columns()
                            + "] and ["
                            + spec.shape().rows()
                            + ", r]; are they of another model?");
        }
    }

    private static Tensor load(Backend backend, String name, StoredTensor stored) {
        Tensor tensor = backend.allocate(name, DType.F32, stored.shape());
        tensor.set(floats(stored));
        return tensor;
    }

    /** The numbers of a stored tensor as float32. */
    static float[] floats(StoredTensor stored) {
        float[] values = new float[Math.toIntExact(stored.shape().elements())];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment wide = arena.allocate((long) values.length * Float.BYTES, Float.BYTES);
            stored.copyAsFloat32(wide);
            MemorySegment.copy(wide, ValueLayout.JAVA_FLOAT, 0, values, 0, values.length);
        }
        return values;
    }
}
