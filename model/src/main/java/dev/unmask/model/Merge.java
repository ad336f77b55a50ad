package dev.unmask.model;

import dev.unmask.model.AdapterFiles.StoredAdapter;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Adds low-rank adapters to the weights that they belong to, in files: a row of a matrix at a time, so that neither
 * model need be in memory.
 */
public final class Merge {
    private Merge() {}

    /**
     * Writes a model whose weights are those of another with its adapters added. Names, configuration and tokenizer
     * stay as they are.
     *
     * @param source the model and its adapters
     * @param target a new or empty folder
     * @param type what the weights are stored as, F32, BF16 or F16; empty: as they are, where the sum is rounded once
     * @throws InputException if the model has no adapters, a file is malformed, or the target holds something
     * @throws IOException if a file cannot be read or written
     */
    public static void write(ModelFolder source, Path target, Optional<StoredType> type) throws IOException {
        if (source.adapters().isEmpty()) {
            throw new InputException(
                    source.weights()
                            + ": found a model without adapters, expected one with some; name them by --adapter");
        }
        WeightFiles files = WeightFiles.open(source.weights());
        StoredModel model = StoredModel.of(source, files);
        if (model.hasInt8()) {
            throw new InputException(
                    files.source()
                            + ": found weights in int8, expected those that they were made of: merge adapters into"
                            + " them, then round the sum by unmask export --dtype int8");
        }
        Map<String, List<Product>> products = new LinkedHashMap<>();
        for (ModelFolder.AdapterFolder adapter : source.adapters()) {
            AdapterConfig config = AdapterConfig.read(adapter.folder().resolve(AdapterConfig.NAME));
            for (Map.Entry<String, StoredAdapter> pair :
                    AdapterFiles.find(source.config(), source.family(), adapter.folder()).entrySet()) {
                products.computeIfAbsent(pair.getKey(), _ -> new ArrayList<>())
                        .add(Product.of(pair.getValue(), config, adapter.weight()));
            }
        }
        NewFolder.requireFree(target);
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        model.parameters()
                .forEach((name, data) -> {
                    String published = source.family().map(family -> family.published(name)).orElse(name);
                    List<Product> added = products.get(name);
                    if (added == null) {
                        Exchange.add(writer, published, data, type);
                    } else {
                        StoredType stored = type.orElse(data.type() == StoredType.F64 ? StoredType.F32 : data.type());
                        writer.add(
                                published,
                                stored,
                                data.shape(),
                                (from, piece) -> sum(name, data, added, stored, from, piece));
                    }
                });
        Path config = source.weights().toAbsolutePath().resolveSibling(ConfigFile.NAME);
        NewFolder.write(
                target,
                () -> {
                    Exchange.copyBeside(source, target);
                    writer.write(target.resolve(ModelFolder.WEIGHTS));
                    Exchange.writeRoles(source, target);
                    AtomicFiles.write(
                            target.resolve(ConfigFile.NAME),
                            Files.exists(config) ? Files.readString(config) : ConfigFile.print(source.config()));
                });
    }

    /**
     * A low-rank product.
     *
     * @param down {@code [r, in]}
     * @param up {@code [out, r]}, scaled
     */
    private record Product(int rank, float[] down, double[] up) {
        static Product of(StoredAdapter pair, AdapterConfig config, double weight) {
            float[] high = AdapterFiles.floats(pair.up());
            double[] up = new double[high.length];
            double scale = pair.scale(config) * weight;
            for (int i = 0; i < up.length; i++) {
                up[i] = scale * high[i];
            }
            return new Product(pair.down().shape().rows(), AdapterFiles.floats(pair.down()), up);
        }

        void addRow(int row, double[] into) {
            for (int k = 0; k < rank; k++) {
                double factor = up[row * rank + k];
                int first = k * into.length;
                for (int i = 0; i < into.length; i++) {
                    into[i] += factor * down[first + i];
                }
            }
        }
    }

    private static void sum(
            String name,
            StoredModel.Data data,
            List<Product> products,
            StoredType type,
            long from,
            MemorySegment target) {
        int columns = data.shape().columns();
        long first = from / type.bytes();
        int count = Math.toIntExact(target.byteSize() / type.bytes());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment stored = arena.allocate((long) count * data.type().bytes(), Double.BYTES);
            data.read(first * data.type().bytes(), stored);
            MemorySegment floats = arena.allocate((long) count * Float.BYTES, Float.BYTES);
            new StoredTensor(name, data.type(), Shape.of(count), stored).copyAsFloat32(floats);
            double[] row = new double[columns];
            long at = -1;
            for (int i = 0; i < count; i++) {
                long line = (first + i) / columns;
                if (line != at) {
                    at = line;
                    Arrays.fill(row, 0);
                    for (Product product : products) {
                        product.addRow(Math.toIntExact(line), row);
                    }
                }
                double sum = floats.getAtIndex(ValueLayout.JAVA_FLOAT, i) + row[(int) ((first + i) % columns)];
                floats.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) sum);
            }
            Exchange.narrow(floats, count, type, target);
        }
    }
}
