package dev.unmask.train.cli;

import dev.unmask.train.experiment.Report;
import dev.unmask.train.records.Field;
import dev.unmask.train.records.RecordScores;
import dev.unmask.train.records.RecordScores.FieldScore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Says what a model of records is worth.
 *
 * @param scores on held-out records
 * @param records how many these are
 */
record RecordsReport(RecordScores scores, int records) {
    private static final List<String> HEADER =
            List.of("field", "measure", "all others given", "half given", "baseline", "nats", "by frequency");

    void print() {
        System.out.printf(Locale.ROOT, "on %,d held-out records:%n", records);
        List<List<String>> lines = new ArrayList<>(List.of(HEADER));
        lines.addAll(rows());
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < line.size(); i++) {
                int column = i;
                int wide = lines.stream().mapToInt(other -> other.get(column).length()).max().orElseThrow();
                String padding = " ".repeat(wide - line.get(i).length());
                text.append(i < 2 ? line.get(i) + padding : padding + line.get(i)).append("  ");
            }
            System.out.println(text.toString().stripTrailing());
        }
        System.out.println(sentences());
    }

    private List<List<String>> rows() {
        return scores.fields().stream()
                .map(score ->
                        List.of(
                                score.field().name(),
                                measure(score.field()),
                                number(score, score.given()),
                                number(score, score.half()),
                                number(score, score.baseline()),
                                String.format(Locale.ROOT, "%.2f", score.nats()),
                                String.format(Locale.ROOT, "%.2f", score.frequencies())))
                .toList();
    }

    private static String measure(Field field) {
        return switch (field.kind()) {
            case WORDS -> "right";
            case NUMBERS -> "mean error";
            case DATES -> "mean error, days";
        };
    }

    private static String number(FieldScore score, double value) {
        return score.field().isOrdered()
                ? String.format(Locale.ROOT, value < 10 ? "%.2f" : "%,.0f", value)
                : String.format(Locale.ROOT, "%.1f %%", 100 * value);
    }

    private String sentences() {
        RecordScores.Planted planted = scores.planted();
        return String.format(
                Locale.ROOT,
                "Of %,d records with one value of another record in them, the odder of such a one and one as it was is"
                        + " told in %.1f %% of pairs; the field is named in %.1f %%.",
                planted.count(),
                100 * planted.ranked(),
                100 * planted.named());
    }

    void write(Path folder, String what) throws IOException {
        new Report("Records")
                .text(what + ".")
                .text(
                        "Each field of the held-out records was hidden and filled: with all other values given, and with"
                                + " a random half of them hidden too. Of words the share that is right is given, and as"
                                + " baseline that of the most frequent word; of numbers and dates the mean absolute"
                                + " error, and as baseline that of the median. Nats are those of what is there, by the"
                                + " model and by how often each choice was seen.")
                .table(HEADER, rows())
                .heading("Is it as sure as it is right?")
                .table(
                        List.of("probability of the word", "filled", "said on average", "right"),
                        scores.sureness().stream()
                                .map(level ->
                                        List.of(
                                                level.from() + " to " + level.to(),
                                                String.format(Locale.ROOT, "%,d", level.count()),
                                                String.format(Locale.ROOT, "%.1f %%", 100 * level.said()),
                                                String.format(Locale.ROOT, "%.1f %%", 100 * level.right())))
                                .toList())
                .heading("Odd records")
                .text(sentences())
                .writeMarkdown(folder.resolve("report.md"));
    }
}
