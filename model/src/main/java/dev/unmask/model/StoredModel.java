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
import java.util.Optional;

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
     * @param scales F32, what each row of a matrix in I8 is multiplied by; none else
     */
    record Data(StoredType type, Shape shape, List<MemorySegment> pieces, Optional<Data> scales) {
        Data(StoredType type, Shape shape, List<MemorySegment> pieces) {
            this(type, shape, pieces, Optional.empty());
        }

        /** Rows of matrices of the same columns, one after the other. */
        static Data stacked(List<Data> parts) {
            Data like = parts.getFirst();
            int rows = parts.stream().mapToInt(part -> part.shape.extent(0)).sum();
            Shape shape = like.shape.rank() == 1 ? Shape.of(rows) : Shape.of(rows, like.shape.columns());
            return new Data(
                    like.type,
                    shape,
                    parts.stream().flatMap(part -> part.pieces.stream()).toList(),
                    like.scales.map(_ -> stacked(parts.stream().map(part -> part.scales.orElseThrow()).toList())));
        }

        /** Zeros of the same columns. */
        Data zeros(int rows) {
            Shape zeros = shape.rank() == 1 ? Shape.of(rows) : Shape.of(rows, shape.columns());
            return new Data(
                    type,
                    zeros,
                    List.of(Arena.ofAuto().allocate(zeros.elements() * type.bytes())),
                    scales.map(ofRows -> ofRows.zeros(rows)));
        }

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

        /** Some rows of a matrix, or elements of a vector. */
        Data rows(int first, int count) {
            long bytes = (shape.rank() == 1 ? 1L : shape.columns()) * type.bytes();
            return new Data(
                    type,
                    shape.rank() == 1 ? Shape.of(count) : Shape.of(count, shape.columns()),
                    List.of(pieces.getFirst().asSlice(first * bytes, count * bytes)),
                    scales.map(ofRows -> ofRows.rows(first, count)));
        }
    }

    /** Reads all of it once: a number that is not finite is refused before it is copied. */
    static StoredModel of(ModelFolder folder, WeightFiles files) {
        Map<String, Data> parameters = new LinkedHashMap<>();
        Map<String, StoredTensor> found = Weights.find(folder.config(), files, folder.family());
        found.values().forEach(tensor -> Weights.refuseNonFinite(files.fileOf(tensor.name()), tensor));
        for (ParameterSpec spec : folder.config().parameters()) {
            Optional<Data> scales =
                    Optional.ofNullable(found.get(Int8Weights.scalesOf(spec.name())))
                            .map(tensor -> data(tensor, Optional.empty()));
            parameters.put(spec.name(), data(found.get(spec.name()), scales));
        }
        return new StoredModel(folder.config(), parameters);
    }

    private static Data data(StoredTensor tensor, Optional<Data> scales) {
        return new Data(tensor.type(), tensor.shape(), List.of(tensor.data()), scales);
    }

    /** Whether some weights are in int8. */
    boolean hasInt8() {
        return parameters.values().stream().anyMatch(data -> data.type == StoredType.I8);
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
            List<Data> queries = new ArrayList<>();
            List<Data> keys = new ArrayList<>();
            List<Data> values = new ArrayList<>();
            for (int group = 0; group < config.queryGroups(); group++) {
                int first = group * (perGroup + 2) * size;
                queries.add(fused.rows(first, perGroup * size));
                keys.add(fused.rows(first + perGroup * size, size));
                values.add(fused.rows(first + (perGroup + 1) * size, size));
            }
            separate.put(block + "attn.q.weight", Data.stacked(queries));
            separate.put(block + "attn.k.weight", Data.stacked(keys));
            separate.put(block + "attn.v.weight", Data.stacked(values));
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
            List<Data> rows = new ArrayList<>();
            for (int group = 0; group < config.queryGroups(); group++) {
                rows.add(queries.rows(group * perGroup * size, perGroup * size));
                rows.add(keys.rows(group * size, size));
                rows.add(values.rows(group * size, size));
            }
            fused.put(block + "attn.attn.weight", Data.stacked(rows));
        }
        ModelConfig plain = config.withNetwork(config.network().withFusedProjections(true));
        boolean usual = config.heads().size() * config.headCount() == config.width();
        return inOrder(usual ? plain.withNetwork(plain.network().withHeadSize(0)) : plain, fused);
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
        wider.computeIfPresent("lm_head.weight", (name, head) -> Data.stacked(List.of(head, head.zeros(1))));
        return inOrder(config.withVocabulary(config.vocabulary() + 1).withMask(config.maskToken()), wider);
    }

    /** The same model with a head of its own: one that was tied to the embedding becomes a copy of it. */
    StoredModel withOwnHead() {
        if (!config.network().head().tied()) {
            return this;
        }
        Map<String, Data> more = new LinkedHashMap<>(parameters);
        more.put(Parameters.HEAD + ".weight", parameters.get(Parameters.EMBEDDING));
        return inOrder(config.withNetwork(config.network().withOwnHead()), more);
    }

    private static StoredModel inOrder(ModelConfig config, Map<String, Data> parameters) {
        Map<String, Data> ordered = new LinkedHashMap<>();
        config.parameters().forEach(spec -> ordered.put(spec.name(), parameters.get(spec.name())));
        return new StoredModel(config, ordered);
    }
}
