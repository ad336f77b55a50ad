package dev.unmask.model;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Safetensors;
import dev.unmask.tensor.SafetensorsWriter;
import dev.unmask.tensor.StoredTensor;
import dev.unmask.tensor.StoredType;
import dev.unmask.tensor.Tensor;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Import and export of weights: safetensors files with the names and layouts of METHOD §1.2 and §1.3. */
public final class Weights {
    /** What the tensors of a loaded model will be used for. */
    public enum Use {
        /** They are only read: mapped from the file without a copy, float32 or bfloat16 as stored. */
        INFERENCE,
        /** They will be updated: copied, as float32. */
        TRAINING
    }

    /** The types that are read as float32. */
    private static final Set<StoredType> WIDENED =
            EnumSet.of(StoredType.F32, StoredType.BF16, StoredType.F16, StoredType.F64);

    private Weights() {}

    /**
     * Loads the weights of a model.
     *
     * @param backend owns them
     * @param config the model's sizes
     * @param file a safetensors file that holds exactly the parameters of the configuration
     * @param use whether they will be updated
     * @return a tensor for each parameter, by name
     * @throws IOException if the file cannot be read
     * @throws InputException if it is malformed, or a parameter is missing, too many or of another shape or type; the
     *     message names file and parameter
     */
    public static Map<String, Tensor> load(Backend backend, ModelConfig config, Path file, Use use) throws IOException {
        Safetensors stored = Safetensors.open(file);
        List<ParameterSpec> specs = config.parameters();
        refuseStrangers(stored, specs);
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        for (ParameterSpec spec : specs) {
            StoredTensor found =
                    stored.tensor(spec.name())
                            .orElseThrow(() ->
                                    new InputException(
                                            file
                                                    + ": parameter "
                                                    + spec.name()
                                                    + " "
                                                    + spec.shape()
                                                    + " is missing; is config.json that of these weights?"));
            if (!found.shape().equals(spec.shape())) {
                throw new InputException(
                        file
                                + ": "
                                + spec.name()
                                + ": found shape "
                                + found.shape()
                                + ", expected "
                                + spec.shape()
                                + " by config.json; is it that of these weights?");
            }
            if (!WIDENED.contains(found.type())) {
                throw new InputException(
                        file
                                + ": "
                                + spec.name()
                                + ": found type "
                                + found.type()
                                + ", expected F32, BF16, F16 or F64; convert the file");
            }
            parameters.put(spec.name(), load(backend, found, spec, use));
        }
        return parameters;
    }

    private static void refuseStrangers(Safetensors stored, List<ParameterSpec> specs) {
        Set<String> strangers =
                stored.tensors().stream().map(StoredTensor::name).collect(Collectors.toCollection(TreeSet::new));
        specs.forEach(spec -> strangers.remove(spec.name()));
        if (!strangers.isEmpty()) {
            throw new InputException(
                    stored.file()
                            + ": found parameter "
                            + strangers.iterator().next()
                            + (strangers.size() > 1 ? " and " + (strangers.size() - 1) + " more" : "")
                            + ", which the configuration lacks; is config.json that of these weights?");
        }
    }

    private static Tensor load(Backend backend, StoredTensor found, ParameterSpec spec, Use use) {
        boolean matrix = spec.shape().rank() > 1;
        if (use == Use.INFERENCE && found.type() == StoredType.F32) {
            return backend.wrap(spec.name(), DType.F32, spec.shape(), found.data());
        }
        if (use == Use.INFERENCE && found.type() == StoredType.BF16 && matrix) {
            return backend.wrap(spec.name(), DType.BF16, spec.shape(), found.data());
        }
        Tensor tensor = backend.allocate(spec.name(), DType.F32, spec.shape());
        if (found.type() == StoredType.F32) {
            tensor.upload(found.data());
            return tensor;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment widened = arena.allocate(tensor.bytes(), Float.BYTES);
            found.copyAsFloat32(widened);
            tensor.upload(widened);
        }
        return tensor;
    }

    /**
     * Writes the weights of a model, atomically.
     *
     * @param model the model
     * @param file the safetensors file
     * @throws IOException if it cannot be written
     */
    public static void save(Transformer model, Path file) throws IOException {
        save(model.parameters(), file, Map.of("format", "pt"));
    }

    /**
     * Writes float32 tensors, atomically.
     *
     * @param tensors what to write, by name
     * @param file the safetensors file
     * @param metadata texts to keep with them
     * @throws IOException if it cannot be written
     */
    public static void save(Map<String, Tensor> tensors, Path file, Map<String, String> metadata) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        metadata.forEach(writer::metadata);
        tensors.forEach((name, tensor) -> {
            StoredType type = tensor.dtype() == DType.BF16 ? StoredType.BF16 : StoredType.F32;
            writer.add(
                    name,
                    type,
                    tensor.shape(),
                    (from, target) -> tensor.download(from / tensor.dtype().bytes(), target));
        });
        writer.write(file);
    }
}
