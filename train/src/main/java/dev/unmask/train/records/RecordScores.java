package dev.unmask.train.records;

import dev.unmask.tensor.Philox;
import dev.unmask.train.data.Table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * What a model of records is worth, on records that it has not read.
 *
 * @param fields how well each is filled
 * @param sureness of words that are filled in: whether they are right as often as they are said to be
 * @param planted how well records are told that have a value of another record in one field
 */
public record RecordScores(List<FieldScore> fields, List<Sureness> sureness, Planted planted) {
    private static final double[] LEVELS = {0, 0.5, 0.7, 0.9, 0.99, 1};
    private static final long SEED = 17;

    /** Keeps the lists as they are. */
    public RecordScores {
        fields = List.copyOf(fields);
        sureness = List.copyOf(sureness);
    }

    /**
     * How well a field is filled: of words the share that is right, of numbers and dates the mean absolute error.
     *
     * @param field which
     * @param asked how many records have a value in it
     * @param given when all other values are given
     * @param half when a random half of them is hidden
     * @param baseline of the word or the median that is best without looking at the record
     * @param nats {@code -ln p} of what is there, when all other values are given
     * @param frequencies the same by how often each choice was seen in what was learnt
     */
    public record FieldScore(
            Field field, int asked, double given, double half, double baseline, double nats, double frequencies) {}

    /**
     * Words that were filled in with about the same probability.
     *
     * @param from the lowest probability
     * @param to the highest
     * @param count how many
     * @param said their mean probability
     * @param right how many of them are right, from 0 to 1
     */
    public record Sureness(double from, double to, int count, double said, double right) {}

    /**
     * Records of which every other had one value replaced by that of another record.
     *
     * @param count how many were replaced
     * @param ranked how often one of these is odder than one of the others, from 0 to 1; a half is chance
     * @param named how often the replaced field is the one that is named, from 0 to 1
     */
    public record Planted(int count, double ranked, double named) {}

    /** One answer to one question. */
    private record Answer(int choice, double probability, double nats) {}

    /**
     * Measures.
     *
     * @param model trained
     * @param training records that it has read
     * @param table records that it has not read
     * @return the scores
     */
    public static RecordScores of(RecordModel model, List<int[]> training, Table table) {
        Schema schema = model.schema();
        List<int[]> records = schema.encode(table);
        int[] columns = schema.columns(table);
        List<FieldScore> scores = new ArrayList<>();
        Calibration calibration = new Calibration();
        for (int f = 0; f < schema.fields().size(); f++) {
            int field = f;
            List<Integer> there =
                    IntStream.range(0, records.size())
                            .filter(i -> records.get(i)[field] != Schema.MISSING)
                            .boxed()
                            .toList();
            if (there.isEmpty()) {
                continue;
            }
            List<int[]> asked = there.stream().map(records::get).toList();
            List<String> truths = there.stream().map(i -> table.rows().get(i).values().get(columns[field])).toList();
            List<Answer> given = answers(model, field, asked, asked);
            List<Answer> half =
                    answers(model, field, there.stream().map(i -> halved(records.get(i), i)).toList(), asked);
            double[] frequencies = frequencies(schema, field, training);
            int usual = schema.fields().get(field).best(frequencies).orElseThrow();
            int first = schema.first(field);
            double marginal =
                    asked.stream()
                            .mapToDouble(record -> -Math.log(frequencies[record[field] - first]))
                            .average()
                            .orElseThrow();
            Field its = schema.fields().get(field);
            scores.add(
                    new FieldScore(
                            its,
                            asked.size(),
                            score(its, given.stream().map(Answer::choice).toList(), truths),
                            score(its, half.stream().map(Answer::choice).toList(), truths),
                            score(its, truths.stream().map(truth -> usual).toList(), truths),
                            given.stream().mapToDouble(Answer::nats).average().orElseThrow(),
                            marginal));
            if (!its.isOrdered()) {
                for (int i = 0; i < given.size(); i++) {
                    boolean right = given.get(i).choice == its.choice(truths.get(i));
                    calibration.add(given.get(i).probability, right);
                }
            }
        }
        return new RecordScores(scores, calibration.levels(), planted(model, records));
    }

    /** With each known value hidden by the toss of a coin. */
    private static int[] halved(int[] record, int number) {
        int[] halved = record.clone();
        for (int i = 0; i < halved.length; i++) {
            if (Philox.uniform53(SEED, Philox.Purpose.MASK, number, i) < 0.5) {
                halved[i] = Schema.MISSING;
            }
        }
        return halved;
    }

    private static List<Answer> answers(RecordModel model, int field, List<int[]> shown, List<int[]> truths) {
        Field its = model.schema().fields().get(field);
        int first = model.schema().first(field);
        List<double[]> choices = model.choices(shown, field);
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            double[] p = choices.get(i);
            int best = its.best(p).orElseThrow();
            answers.add(
                    new Answer(best, p[best], -Math.log(Math.max(Double.MIN_NORMAL, p[truths.get(i)[field] - first]))));
        }
        return answers;
    }

    /** How often each choice was learnt, as if each had been once more than it was. */
    private static double[] frequencies(Schema schema, int field, List<int[]> training) {
        double[] counts = new double[schema.fields().get(field).size()];
        Arrays.fill(counts, 1);
        int first = schema.first(field);
        training.stream()
                .filter(record -> record[field] != Schema.MISSING)
                .forEach(record -> counts[record[field] - first]++);
        double all = Arrays.stream(counts).sum();
        return Arrays.stream(counts).map(count -> count / all).toArray();
    }

    private static double score(Field field, List<Integer> choices, List<String> truths) {
        double sum = 0;
        int count = 0;
        for (int i = 0; i < truths.size(); i++) {
            if (field.isOrdered()) {
                OptionalDouble truth = field.number(truths.get(i));
                if (truth.isPresent()) {
                    double found = field.number(field.choices().get(choices.get(i))).orElseThrow();
                    sum += Math.abs(found - truth.getAsDouble());
                    count++;
                }
            } else {
                sum += field.choices().get(choices.get(i)).equals(truths.get(i)) ? 1 : 0;
                count++;
            }
        }
        return sum / count;
    }

    private static final class Calibration {
        private final int[] counts = new int[LEVELS.length - 1];
        private final double[] said = new double[LEVELS.length - 1];
        private final int[] right = new int[LEVELS.length - 1];

        void add(double probability, boolean isRight) {
            int level = 0;
            while (level < counts.length - 1 && probability >= LEVELS[level + 1]) {
                level++;
            }
            counts[level]++;
            said[level] += probability;
            right[level] += isRight ? 1 : 0;
        }

        List<Sureness> levels() {
            return IntStream.range(0, counts.length)
                    .filter(i -> counts[i] > 0)
                    .mapToObj(i ->
                            new Sureness(
                                    LEVELS[i],
                                    LEVELS[i + 1],
                                    counts[i],
                                    said[i] / counts[i],
                                    (double) right[i] / counts[i]))
                    .toList();
        }
    }

    private static Planted planted(RecordModel model, List<int[]> records) {
        List<int[]> shown = new ArrayList<>();
        int[] replaced = new int[records.size()];
        Arrays.fill(replaced, -1);
        for (int i = 0; i < records.size(); i++) {
            int[] record = records.get(i).clone();
            int field = (int) (Philox.uniform53(SEED, Philox.Purpose.NOISE_LEVEL, i, 0) * record.length);
            int[] other =
                    records.get((int) (Philox.uniform53(SEED, Philox.Purpose.NOISE_LEVEL, i, 1) * records.size()));
            boolean differs =
                    record[field] != Schema.MISSING && other[field] != Schema.MISSING && record[field] != other[field];
            if (i % 2 == 0 && differs) {
                record[field] = other[field];
                replaced[i] = field;
            }
            shown.add(record);
        }
        List<RecordModel.Oddity> odd = model.odd(shown);
        List<Integer> order =
                IntStream.range(0, records.size())
                        .boxed()
                        .sorted((a, b) -> Double.compare(odd.get(a).surprise(), odd.get(b).surprise()))
                        .toList();
        long planted = 0;
        long whole = 0;
        double pairs = 0;
        double named = 0;
        for (int i : order) {
            if (replaced[i] >= 0) {
                planted++;
                pairs += whole;
                named += odd.get(i).field() == replaced[i] ? 1 : 0;
            } else {
                whole++;
            }
        }
        return new Planted(
                (int) planted,
                planted * whole == 0 ? 0.5 : pairs / planted / whole,
                planted == 0 ? 0 : named / planted);
    }
}
