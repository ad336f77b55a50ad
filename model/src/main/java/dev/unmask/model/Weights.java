package dev.unmask.model;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.FileDigest;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.NonFinite;
import dev.unmask.tensor.Safetensors;
import dev.unmask.tensor.SafetensorsWriter;
import dev.unmask.tensor.Shape;
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
     * @throws InputException if it is malformed, or a parameter is missing, too many, of another shape or type, or has
     *     a number that is not finite, for which all of the file is read once; the message names file and parameter
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
            refuseNonFinite(file, found);
            parameters.put(spec.name(), load(backend, file, found, spec, use));
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

    /**
     * Refuses a tensor with an infinity or NaN: what is computed with it means nothing, even where it looks as if it
     * did.
     *
     * @param file what it is of, for the message
     * @param tensor the tensor, all of which is read
     * @throws InputException if there is one; the message names file, tensor and index
     */
    public static void refuseNonFinite(Path file, StoredTensor tensor) {
        NonFinite.first(tensor.type(), tensor.data())
                .ifPresent(index -> {
                    throw new InputException(
                            file
                                    + ": "
                                    + tensor.name()
                                    + ": found "
                                    + kind(tensor, index)
                                    + " at "
                                    + tensor.shape().position(index)
                                    + ", expected finite numbers: the run that made it diverged, or the file is"
                                    + " damaged; use another checkpoint");
                });
    }

    private static String kind(StoredTensor tensor, long index) {
        int bytes = tensor.type().bytes();
        MemorySegment element = tensor.data().asSlice(index * bytes, bytes);
        float value = new StoredTensor(tensor.name(), tensor.type(), Shape.of(1), element).floats()[0];
        return Float.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    }

    private static Tensor load(Backend backend, Path file, StoredTensor found, ParameterSpec spec, Use use) {
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
            // A double may be beyond what float32 holds.
            refuseNonFinite(file, new StoredTensor(spec.name(), StoredType.F32, spec.shape(), widened));
            tensor.upload(widened);
        }
        return tensor;
    }

    /**
     * Writes the weights of a model, atomically.
     *
     * @param model the model
     * @param file the safetensors file
     * @return the digest of what was written
     * @throws IOException if it cannot be written
     * @throws NonFiniteException if a weight is not finite; what was there before is left
     */
    public static FileDigest save(Transformer model, Path file) throws IOException {
        return save(model.parameters(), file, Map.of("format", "pt"));
    }

    /**
     * Writes float32 tensors, atomically.
     *
     * @param tensors what to write, by name
     * @param file the safetensors file
     * @param metadata texts to keep with them
     * @return the digest of what was written
     * @throws IOException if it cannot be written
     * @throws NonFiniteException if a number is not finite; what was there before is left
     */
    public static FileDigest save(Map<String, Tensor> tensors, Path file, Map<String, String> metadata)
            throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        metadata.forEach(writer::metadata);
        tensors.forEach((name, tensor) -> {
            StoredType type = tensor.dtype() == DType.BF16 ? StoredType.BF16 : StoredType.F32;
            writer.add(
                    name,
                    type,
                    tensor.shape(),
                    (from, target) -> {
                        long first = from / tensor.dtype().bytes();
                        tensor.download(first, target);
                        NonFinite.first(type, target)
                                .ifPresent(index -> {
                                    throw new NonFiniteException(name, tensor.shape().position(first + index));
                                });
                    });
        });
        return writer.write(file);
    }
}
