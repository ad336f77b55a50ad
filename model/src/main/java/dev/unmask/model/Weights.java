package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.MappedFiles;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.io.FileDigest;
import dev.unmask.tensor.io.NonFinite;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;
import dev.unmask.tensor.program.Backend;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Import and export of weights: safetensors files with the names and layouts of METHOD §1.2 and §1.3. */
public final class Weights {
    /** What the tensors of a loaded model will be used for. */
    public enum Use {
        /** They are only read: mapped from the file without a copy, float32, bfloat16 or int8 as stored. */
        INFERENCE,
        /** They will be updated: copied, as float32. */
        TRAINING
    }

    /** The types that are read as float32. */
    private static final Set<StoredType> WIDENED =
            EnumSet.of(StoredType.F32, StoredType.BF16, StoredType.F16, StoredType.F64);

    /** Bytes of weights that are looked through for numbers that are not finite when a model is opened to be used. */
    private static final long READ_AT_ONCE = 1L << 30;

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
     * @throws InputException if the backend has no code for a kernel of the model
     */
    public static Map<String, Tensor> load(Backend backend, ModelConfig config, Path file, Use use) throws IOException {
        return load(backend, config, WeightFiles.open(file), Optional.empty(), use);
    }

    /**
     * Loads the weights of a model.
     *
     * @param backend owns them
     * @param config the model's sizes
     * @param files hold exactly the parameters of the configuration, and what the family passes over
     * @param family names the tensors; empty: they have the names of METHOD §1.3
     * @param use whether they will be updated
     * @return a tensor for each parameter, by name, and with each weight in int8 the scales of its rows; see {@link
     *     Int8Weights}
     * @throws InputException if a parameter is missing, too many or of another shape or type, or has a number that is
     *     not finite, for which all of the files are read once; of more than 1 GiB for inference only norms and biases
     *     are, so that opening a large model takes no longer than opening a small one. The message names file and
     *     tensor
     * @throws InputException if the backend has no code for a kernel of the model
     */
    public static Map<String, Tensor> load(
            Backend backend, ModelConfig config, WeightFiles files, Optional<Family> family, Use use) {
        Support.require(backend, config);
        Map<String, StoredTensor> stored = find(config, files, family);
        if (Int8Weights.among(stored.values())) {
            if (use == Use.TRAINING) {
                Int8Weights.refuseTraining(files);
            }
            Support.requireInt8(backend);
        }
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        boolean all = use == Use.TRAINING || bytes(stored.values()) <= READ_AT_ONCE;
        for (ParameterSpec spec : config.parameters()) {
            StoredTensor tensor = stored.get(spec.name());
            Path file = files.fileOf(tensor.name());
            if (all || spec.shape().rank() == 1) {
                refuseNonFinite(file, tensor);
            }
            parameters.put(spec.name(), load(backend, file, tensor, spec, use));
            if (tensor.type() == StoredType.I8) {
                String name = Int8Weights.scalesOf(spec.name());
                StoredTensor scales = stored.get(name);
                refuseNonFinite(files.fileOf(scales.name()), scales);
                parameters.put(name, backend.wrap(name, DType.F32, scales.shape(), scales.data()));
            }
        }
        return parameters;
    }

    /**
     * Finds the tensors of a model in files.
     *
     * @param config the model's sizes
     * @param files hold exactly the parameters of the configuration, and what the family passes over
     * @param family names the tensors; empty: they have the names of METHOD §1.3
     * @return the stored tensor of each parameter, by the parameter's name, in the order of the configuration; behind
     *     each in int8 its scales
     * @throws InputException if a parameter is missing, too many or of another shape or type; the message names file
     *     and tensor
     */
    public static Map<String, StoredTensor> find(ModelConfig config, WeightFiles files, Optional<Family> family) {
        Match match = match(config, files, family);
        refuseStrangers(files, match.leftOver());
        if (!match.missing().isEmpty()) {
            throw new InputException(
                    files.source()
                            + ": parameter "
                            + match.missing().getFirst()
                            + (match.missing().size() > 1
                                    ? " and " + (match.missing().size() - 1) + " more are"
                                    : " is")
                            + " missing; is config.json that of these weights?");
        }
        for (ParameterSpec spec : config.parameters()) {
            StoredTensor found = match.found().get(spec.name());
            refuse(files, found, misfit(spec, found));
            Optional.ofNullable(match.found().get(Int8Weights.scalesOf(spec.name())))
                    .ifPresent(scales -> refuse(files, scales, Int8Weights.misfit(spec, scales)));
        }
        TiedHead.refuseOther(config, files, family, match.found().get(Parameters.EMBEDDING));
        return match.found();
    }

    private static void refuse(WeightFiles files, StoredTensor found, Optional<String> misfit) {
        misfit.ifPresent(reason -> {
            throw new InputException(files.fileOf(found.name()) + ": " + reason);
        });
    }

    /**
     * What of a model's parameters files hold.
     *
     * @param found the stored tensor of each parameter that is there, by the parameter's name, and the scales of those
     *     in int8
     * @param missing names in the files and shapes of those that are not there
     * @param leftOver names of tensors that the model lacks
     * @param passedOver names of tensors that the family passes over
     * @param unfit tensors that are there with another shape or an unsupported type, each with what was expected
     */
    public record Match(
            Map<String, StoredTensor> found,
            List<String> missing,
            List<String> leftOver,
            List<String> passedOver,
            List<String> unfit) {}

    /**
     * Compares files with a configuration, by what their headers say.
     *
     * @param config the model's sizes
     * @param files its weights
     * @param family names the tensors; empty: they have the names of METHOD §1.3
     * @return what is there, and what is not
     */
    public static Match match(ModelConfig config, WeightFiles files, Optional<Family> family) {
        Map<String, StoredTensor> found = new LinkedHashMap<>();
        Set<String> strangers =
                files.tensors().stream().map(StoredTensor::name).collect(Collectors.toCollection(TreeSet::new));
        List<String> missing = new ArrayList<>();
        List<String> unfit = new ArrayList<>();
        for (ParameterSpec spec : config.parameters()) {
            Optional<StoredTensor> tensor = find(spec.name(), files, family);
            if (tensor.isEmpty()) {
                missing.add(family.map(f -> f.published(spec.name())).orElse(spec.name()) + " " + spec.shape());
                continue;
            }
            found.put(spec.name(), tensor.get());
            misfit(spec, tensor.get()).ifPresent(unfit::add);
            strangers.remove(tensor.get().name());
            if (tensor.get().type() == StoredType.I8 && Int8Weights.mayBe(spec)) {
                String name = Int8Weights.scalesOf(tensor.get().name());
                Optional<StoredTensor> scales = files.tensor(name);
                if (scales.isEmpty()) {
                    missing.add(name + " " + Int8Weights.shapeOfScales(spec));
                    continue;
                }
                found.put(Int8Weights.scalesOf(spec.name()), scales.get());
                Int8Weights.misfit(spec, scales.get()).ifPresent(unfit::add);
                strangers.remove(name);
            }
        }
        Map<Boolean, List<String>> others =
                strangers.stream()
                        .collect(
                                Collectors.partitioningBy(
                                        name -> family.isPresent() && family.get().passesOver(name, config)));
        return new Match(found, missing, others.get(false), others.get(true), unfit);
    }

    private static long bytes(Collection<StoredTensor> tensors) {
        return tensors.stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
    }

    private static Optional<StoredTensor> find(String parameter, WeightFiles files, Optional<Family> family) {
        if (family.isEmpty()) {
            return files.tensor(parameter);
        }
        return Stream.concat(
                        Stream.of(family.get().published(parameter)), family.get().alternatives(parameter).stream())
                .map(files::tensor)
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** Why a tensor is not the parameter of its name. */
    private static Optional<String> misfit(ParameterSpec spec, StoredTensor found) {
        if (!found.shape().equals(spec.shape())) {
            return Optional.of(
                    found.name()
                            + ": found shape "
                            + found.shape()
                            + ", expected "
                            + spec.shape()
                            + " by config.json; is it that of these weights?");
        }
        return WIDENED.contains(found.type()) || found.type() == StoredType.I8 && Int8Weights.mayBe(spec)
                ? Optional.empty()
                : Optional.of(
                        found.name()
                                + ": found type "
                                + found.type()
                                + ", expected F32, BF16, F16 or F64; convert the file");
    }

    private static void refuseStrangers(WeightFiles files, List<String> strangers) {
        if (!strangers.isEmpty()) {
            String first = strangers.getFirst();
            throw new InputException(
                    files.fileOf(first)
                            + ": found parameter "
                            + first
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
        if (found.type() == StoredType.I8) {
            return backend.wrap(spec.name(), DType.I8, spec.shape(), found.data());
        }
        if (use == Use.INFERENCE && found.type() == StoredType.BF16 && matrix) {
            return backend.wrap(spec.name(), DType.BF16, spec.shape(), found.data());
        }
        Tensor tensor = backend.allocate(spec.name(), DType.F32, spec.shape());
        MappedFiles.requireThere(file + ": " + spec.name(), found.data());
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
            StoredType type = StoredType.named(tensor.dtype().name()).orElseThrow();
            add(
                    writer,
                    name,
                    type,
                    tensor.shape(),
                    (from, target) -> tensor.download(from / tensor.dtype().bytes(), target));
        });
        return writer.write(file);
    }

    /**
     * Adds numbers to a file that is to be written, all of which must be finite.
     *
     * @param writer the file; writing it throws a {@link NonFiniteException} if a number is not
     * @param name their name in the file
     * @param type the element type
     * @param shape the extents
     * @param source where they come from
     */
    public static void add(
            SafetensorsWriter writer, String name, StoredType type, Shape shape, SafetensorsWriter.Source source) {
        writer.add(
                name,
                type,
                shape,
                (from, target) -> {
                    source.read(from, target);
                    NonFinite.first(type, target)
                            .ifPresent(index -> {
                                throw new NonFiniteException(name, shape.position(from / type.bytes() + index));
                            });
                });
    }
}
