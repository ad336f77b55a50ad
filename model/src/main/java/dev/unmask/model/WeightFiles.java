package dev.unmask.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.Safetensors;
import dev.unmask.tensor.io.StoredTensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tensors of a model: of one safetensors file, or of several that a {@code model.safetensors.index.json} lists. All
 * are mapped, none is copied.
 */
public final class WeightFiles {
    /** Beside weights in several files: which tensor is in which. */
    public static final String INDEX = "model.safetensors.index.json";

    private final Path source;
    private final List<Path> files;
    private final Map<String, StoredTensor> tensors;
    private final Map<String, Path> fileOf;

    private WeightFiles(Path source, List<Path> files, Map<String, StoredTensor> tensors, Map<String, Path> fileOf) {
        this.source = source;
        this.files = List.copyOf(files);
        this.tensors = tensors;
        this.fileOf = fileOf;
    }

    /**
     * Maps files and checks their headers.
     *
     * @param source a safetensors file, or an index of several beside it
     * @return their tensors
     * @throws InputException if a file is missing or malformed, or the index and the files do not agree; the message
     *     names file and tensor
     * @throws IOException if a file cannot be read
     */
    public static WeightFiles open(Path source) throws IOException {
        return source.getFileName().toString().endsWith(".json") ? openIndexed(source) : openOne(source);
    }

    private static WeightFiles openOne(Path file) throws IOException {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Map<String, Path> fileOf = new LinkedHashMap<>();
        for (StoredTensor tensor : Safetensors.open(file).tensors()) {
            tensors.put(tensor.name(), tensor);
            fileOf.put(tensor.name(), file);
        }
        return new WeightFiles(file, List.of(file), tensors, fileOf);
    }

    private static WeightFiles openIndexed(Path index) throws IOException {
        ObjectNode root = StrictJson.read(index);
        if (!(root.get("weight_map") instanceof ObjectNode map) || map.isEmpty()) {
            throw new InputException(
                    index
                            + ": weight_map: found "
                            + (root.has("weight_map") ? root.get("weight_map") : "nothing")
                            + ", expected an object that names the file of each tensor");
        }
        Map<String, String> listed = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            listed.put(entry.getKey(), nameOfFile(index, entry));
        }
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Map<String, Path> fileOf = new LinkedHashMap<>();
        Set<Path> files = new LinkedHashSet<>();
        for (String name : new LinkedHashSet<>(listed.values())) {
            Path file = index.resolveSibling(name);
            if (!Files.isRegularFile(file)) {
                throw new InputException(
                        index
                                + ": names the file "
                                + name
                                + ", which is not beside it; download all of its "
                                + new LinkedHashSet<>(listed.values()).size()
                                + " files");
            }
            files.add(file);
            for (StoredTensor tensor : Safetensors.open(file).tensors()) {
                Path other = fileOf.putIfAbsent(tensor.name(), file);
                if (other != null) {
                    throw new InputException(
                            index
                                    + ": tensor "
                                    + tensor.name()
                                    + " is in two files, "
                                    + other.getFileName()
                                    + " and "
                                    + name
                                    + ", expected it in one; are these files of one model?");
                }
                tensors.put(tensor.name(), tensor);
            }
        }
        requireAgreement(index, listed, fileOf);
        return new WeightFiles(index, List.copyOf(files), tensors, fileOf);
    }

    private static String nameOfFile(Path index, Map.Entry<String, JsonNode> entry) {
        String name = entry.getValue().isTextual() ? entry.getValue().textValue() : "";
        boolean plain =
                !name.isEmpty()
                        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == 0 || c == ':')
                        && !name.equals("..")
                        && name.endsWith(".safetensors");
        if (!plain) {
            throw new InputException(
                    index
                            + ": weight_map: "
                            + entry.getKey()
                            + ": found "
                            + entry.getValue()
                            + ", expected the name of a .safetensors file beside it, without a path");
        }
        return name;
    }

    private static void requireAgreement(Path index, Map<String, String> listed, Map<String, Path> fileOf) {
        listed.forEach((tensor, name) -> {
            Path file = fileOf.get(tensor);
            if (file == null) {
                throw new InputException(
                        index
                                + ": says that tensor "
                                + tensor
                                + " is in "
                                + name
                                + ", but no file holds it; are these files of one model, and complete?");
            }
            if (!file.getFileName().toString().equals(name)) {
                throw new InputException(
                        index
                                + ": says that tensor "
                                + tensor
                                + " is in "
                                + name
                                + ", found it in "
                                + file.getFileName()
                                + "; are these files of one model?");
            }
        });
        fileOf.forEach((tensor, file) -> {
            if (!listed.containsKey(tensor)) {
                throw new InputException(
                        file + ": found tensor " + tensor + ", which " + index.getFileName() + " does not list");
            }
        });
    }

    /**
     * What was opened.
     *
     * @return the safetensors file or the index
     */
    public Path source() {
        return source;
    }

    /**
     * The safetensors files.
     *
     * @return at least one, in the order of the index
     */
    public List<Path> files() {
        return files;
    }

    /**
     * Every tensor.
     *
     * @return in the order of the files
     */
    public Collection<StoredTensor> tensors() {
        return Collections.unmodifiableCollection(tensors.values());
    }

    /**
     * The tensor of a name.
     *
     * @param name its name in the files
     * @return the tensor, or empty if no file holds it
     */
    public Optional<StoredTensor> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /**
     * The file that holds a tensor.
     *
     * @param name its name in the files
     * @return the file, or what was opened if none holds it
     */
    public Path fileOf(String name) {
        return fileOf.getOrDefault(name, source);
    }
}
