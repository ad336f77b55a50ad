package dev.unmask.model;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model as it lies in files, by the names of {@link ModelConfig#parameters()}, and what can be done to it without
 * computing: matrices are cut into the rows of heads and put together again.
 *
 * @param config what it is
 * @param parameters the data of each parameter, in the order of the configuration
 */
record StoredModel(ModelConfig config, Map<String, Data> parameters) {
    /**
     * The data of a parameter: pieces of files, one after the other.
     *
     * @param type their element type
     * @param shape the extents
     * @param pieces together as long as type and shape ask
     */
    record Data(StoredType type, Shape shape, List<MemorySegment> pieces) {
        /** Copies bytes out of the pieces. */
        void read(long from, MemorySegment target) {
            long begin = 0;
            for (MemorySegment piece : pieces) {
                long end = begin + piece.byteSize();
                long first = Math.max(from, begin);
                long last = Math.min(from + target.byteSize(), end);
                if (first < last) {
                    MemorySegment.copy(piece, first - begin, target, first - from, last - first);
                }
                begin = end;
            }
        }

        /** Some rows of a matrix. */
        MemorySegment rows(int first, int count) {
            long bytes = (long) shape.columns() * type.bytes();
            return pieces.getFirst().asSlice(first * bytes, count * bytes);
        }
    }

    /** Reads all of it once: a number that is not finite is refused before it is copied. */
    static StoredModel of(ModelFolder folder, WeightFiles files) {
        Map<String, Data> parameters = new LinkedHashMap<>();
        Weights.find(folder.config(), files, folder.family())
                .forEach((name, tensor) -> {
                    Weights.refuseNonFinite(files.fileOf(tensor.name()), tensor);
                    parameters.put(name, data(tensor));
                });
        return new StoredModel(folder.config(), parameters);
    }

    private static Data data(StoredTensor tensor) {
        return new Data(tensor.type(), tensor.shape(), List.of(tensor.data()));
    }

    /** The same model with a matrix each for queries, keys and values. */
    StoredModel withSeparateProjections() {
        if (!config.network().projections().fused()) {
            return this;
        }
        Map<String, Data> separate = new LinkedHashMap<>(parameters);
        for (int layer = 0; layer < config.layers(); layer++) {
            String block = Parameters.block(layer);
            Data fused = separate.remove(block + "attn.attn.weight");
            int size = config.heads().size();
            int perGroup = config.heads().perGroup();
            List<MemorySegment> queries = new ArrayList<>();
            List<MemorySegment> keys = new ArrayList<>();
            List<MemorySegment> values = new ArrayList<>();
            for (int group = 0; group < config.queryGroups(); group++) {
                int first = group * (perGroup + 2) * size;
                queries.add(fused.rows(first, perGroup * size));
                keys.add(fused.rows(first + perGroup * size, size));
                values.add(fused.rows(first + (perGroup + 1) * size, size));
            }
            int groups = config.queryGroups() * size;
            separate.put(block + "attn.q.weight", matrix(fused, config.heads().width(), queries));
            separate.put(block + "attn.k.weight", matrix(fused, groups, keys));
            separate.put(block + "attn.v.weight", matrix(fused, groups, values));
        }
        return inOrder(config.withNetwork(config.network().withFusedProjections(false)), separate);
    }

    /** The same model with one matrix for queries, keys and values. */
    StoredModel withFusedProjections() {
        Network.Projections projections = config.network().projections();
        if (projections.fused() || projections.bias() || projections.norms()) {
            return this;
        }
        Map<String, Data> fused = new LinkedHashMap<>(parameters);
        for (int layer = 0; layer < config.layers(); layer++) {
            String block = Parameters.block(layer);
            Data queries = fused.remove(block + "attn.q.weight");
            Data keys = fused.remove(block + "attn.k.weight");
            Data values = fused.remove(block + "attn.v.weight");
            if (queries.type != keys.type || keys.type != values.type) {
                throw new InputException(
                        "export: found queries, keys and values of block "
                                + layer
                                + " stored as "
                                + List.of(queries.type, keys.type, values.type)
                                + ", expected one type, as they become one matrix; pass --dtype");
            }
            int size = config.heads().size();
            int perGroup = config.heads().perGroup();
            List<MemorySegment> rows = new ArrayList<>();
            for (int group = 0; group < config.queryGroups(); group++) {
                rows.add(queries.rows(group * perGroup * size, perGroup * size));
                rows.add(keys.rows(group * size, size));
                rows.add(values.rows(group * size, size));
            }
            fused.put(block + "attn.attn.weight", matrix(queries, config.heads().fusedWidth(), rows));
        }
        ModelConfig plain = config.withNetwork(config.network().withFusedProjections(true));
        boolean usual = config.heads().size() * config.headCount() == config.width();
        return inOrder(usual ? plain.withNetwork(plain.network().withHeadSize(0)) : plain, fused);
    }

    private static Data matrix(Data like, int rows, List<MemorySegment> pieces) {
        return new Data(like.type, Shape.of(rows, like.shape.columns()), pieces);
    }

    /**
     * The same model with its mask token within the vocabulary: where it was one beyond, the head gets a row of zeros,
     * whose logit is 0 and means nothing.
     */
    StoredModel withMaskWithin() {
        if (config.embeddingRows() == config.vocabulary()) {
            return this;
        }
        Map<String, Data> wider = new LinkedHashMap<>(parameters);
        wider.computeIfPresent(
                "lm_head.weight",
                (name, head) -> {
                    List<MemorySegment> pieces = new ArrayList<>(head.pieces);
                    pieces.add(Arena.ofAuto().allocate((long) head.shape.columns() * head.type.bytes()));
                    return matrix(head, head.shape.rows() + 1, pieces);
                });
        return inOrder(config.withVocabulary(config.vocabulary() + 1).withMask(config.maskToken()), wider);
    }

    private static StoredModel inOrder(ModelConfig config, Map<String, Data> parameters) {
        Map<String, Data> ordered = new LinkedHashMap<>();
        config.parameters().forEach(spec -> ordered.put(spec.name(), parameters.get(spec.name())));
        return new StoredModel(config, ordered);
    }
}
