package dev.unmask.train.records;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Network;
import dev.unmask.model.Weights;
import dev.unmask.sample.Denoiser;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A model of the records of a table: what a field may be, given any others. For one thread at a time.
 *
 * @param schema which fields it knows
 * @param denoiser the masked model
 */
public record RecordModel(Schema schema, Denoiser denoiser) {
    private static final int HEAD = 32;
    private static final int HIDDEN = 4;

    /**
     * A model to be trained.
     *
     * @param schema which fields it is to know
     * @param layers blocks of the transformer
     * @param width a multiple of 32
     * @return its sizes; a field is known by its place, which has a learned embedding
     */
    public static ModelConfig config(Schema schema, int layers, int width) {
        ModelConfig config =
                ModelConfig.masked(layers, Math.max(1, width / HEAD), width, HIDDEN * width, schema.vocabulary());
        return config.withNetwork(config.network().withPositions(Network.Positions.LEARNED));
    }

    /**
     * Opens a model that has been trained.
     *
     * @param backend computes
     * @param folder of {@code unmask records learn}
     * @return the model
     * @throws IOException if it cannot be read
     */
    public static RecordModel open(Backend backend, Path folder) throws IOException {
        Schema schema = Schema.read(folder);
        ModelFolder model = ModelFolder.open(folder);
        if (model.config().vocabulary() != schema.vocabulary()) {
            throw new InputException(
                    folder
                            + ": found a model of "
                            + model.config().vocabulary()
                            + " tokens, expected the "
                            + schema.vocabulary()
                            + " of its records.json; learn the table again");
        }
        return new RecordModel(
                schema, new MaskedSampler(backend, model.load(backend, Weights.Use.INFERENCE)).denoiser());
    }

    /**
     * What a field may be.
     *
     * @param records as {@link Schema#encode} has them; whatever they hold in the field is hidden
     * @param field its number
     * @return of each record the probability of each choice, the last that of anything else
     */
    public List<double[]> choices(List<int[]> records, int field) {
        List<int[]> asked = records.stream().map(record -> hidden(record, field)).toList();
        int first = schema.first(field);
        int size = schema.fields().get(field).size();
        double[][] found = new double[records.size()][];
        if (!asked.isEmpty()) {
            denoiser.logits(
                    asked, new BitSet(), field, 0, (record, logits) -> found[record] = softmax(logits, first, size));
        }
        return List.of(found);
    }

    private int[] hidden(int[] record, int field) {
        int[] hidden = record.clone();
        hidden[field] = Schema.MISSING;
        for (int i = 0; i < hidden.length; i++) {
            hidden[i] = hidden[i] == Schema.MISSING ? denoiser.maskToken() : hidden[i];
        }
        return hidden;
    }

    private static double[] softmax(float[] logits, int first, int size) {
        double top = IntStream.range(first, first + size).mapToDouble(i -> logits[i]).max().orElseThrow();
        double[] p = IntStream.range(first, first + size).mapToDouble(i -> Math.exp(logits[i] - top)).toArray();
        double sum = Arrays.stream(p).sum();
        return Arrays.stream(p).map(x -> x / sum).toArray();
    }

    /**
     * A gap that was filled.
     *
     * @param field its number
     * @param choice of the field
     * @param probability of the choice, when it was filled in
     */
    public record Filled(int field, int choice, double probability) {}

    /**
     * Fills the gaps of records, in each the surest first, so that what is filled in helps with the rest.
     *
     * @param records as {@link Schema#encode} has them
     * @param sure how probable a choice must be, from 0 to 1; gaps of which none is are left
     * @return of each record what was filled in, in this order
     */
    public List<List<Filled>> fill(List<int[]> records, double sure) {
        List<int[]> now = records.stream().map(int[]::clone).toList();
        List<List<Filled>> filled = new ArrayList<>();
        records.forEach(record -> filled.add(new ArrayList<>()));
        List<Integer> open = IntStream.range(0, records.size()).boxed().toList();
        while (!open.isEmpty()) {
            Filled[] surest = new Filled[records.size()];
            for (int field = 0; field < schema.fields().size(); field++) {
                int at = field;
                List<Integer> gaps = open.stream().filter(i -> now.get(i)[at] == Schema.MISSING).toList();
                List<double[]> found = choices(gaps.stream().map(now::get).toList(), field);
                for (int g = 0; g < gaps.size(); g++) {
                    Filled best = best(field, found.get(g));
                    int record = gaps.get(g);
                    if (best.probability >= sure
                            && (surest[record] == null || best.probability > surest[record].probability)) {
                        surest[record] = best;
                    }
                }
            }
            open = open.stream().filter(i -> surest[i] != null).toList();
            for (int record : open) {
                Filled next = surest[record];
                now.get(record)[next.field] = schema.first(next.field) + next.choice;
                filled.get(record).add(next);
            }
        }
        return filled;
    }

    private Filled best(int field, double[] probabilities) {
        int choice = schema.fields().get(field).best(probabilities).orElseThrow();
        return new Filled(field, choice, probabilities[choice]);
    }

    /**
     * How a record looks to the model.
     *
     * @param surprise {@code Σ -ln p} of its fields, each given all others, nats
     * @param field the oddest: whose {@code -ln p} is furthest above what the model expects of it, the entropy
     * @param excess how far that is, nats
     * @param probability of what it holds
     * @param expected what would have been likelier there, a choice
     * @param expectedProbability of that
     */
    public record Oddity(
            double surprise, int field, double excess, double probability, int expected, double expectedProbability) {
        private Oddity and(double nats, Oddity other) {
            return other.excess > excess
                    ? new Oddity(
                            surprise + nats,
                            other.field,
                            other.excess,
                            other.probability,
                            other.expected,
                            other.expectedProbability)
                    : new Oddity(surprise + nats, field, excess, probability, expected, expectedProbability);
        }
    }

    /**
     * Says how odd records are: each field is hidden in turn and asked for, given all others.
     *
     * @param records as {@link Schema#encode} has them; what is missing does not count
     * @return of each record
     */
    public List<Oddity> odd(List<int[]> records) {
        Oddity[] found = new Oddity[records.size()];
        Arrays.fill(found, new Oddity(0, 0, Double.NEGATIVE_INFINITY, 1, 0, 1));
        for (int field = 0; field < schema.fields().size(); field++) {
            int at = field;
            List<Integer> there =
                    IntStream.range(0, records.size())
                            .filter(i -> records.get(i)[at] != Schema.MISSING)
                            .boxed()
                            .toList();
            List<double[]> choices = choices(there.stream().map(records::get).toList(), field);
            for (int i = 0; i < there.size(); i++) {
                int record = there.get(i);
                double[] p = choices.get(i);
                double own = p[records.get(record)[field] - schema.first(field)];
                double nats = nats(own);
                double entropy = Arrays.stream(p).map(q -> q * nats(q)).sum();
                Filled best = best(field, p);
                found[record] =
                        found[record].and(
                                nats, new Oddity(0, field, nats - entropy, own, best.choice, best.probability));
            }
        }
        return List.of(found);
    }

    private static double nats(double probability) {
        return -Math.log(Math.max(probability, Double.MIN_NORMAL));
    }
}
