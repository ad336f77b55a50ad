package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.experiment.BarChart;
import dev.unmask.train.experiment.Machine;
import dev.unmask.train.experiment.Report;
import dev.unmask.train.reversal.Exam;
import dev.unmask.train.reversal.Fact;
import dev.unmask.train.reversal.Lesson;
import dev.unmask.train.reversal.MaskedPupil;
import dev.unmask.train.reversal.Question;
import dev.unmask.train.reversal.Question.Kind;
import dev.unmask.train.reversal.Telling;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What the demo found: on the terminal, as {@code result.json}, as pictures, and as {@code report.html}. */
final class DemoReport {
    private static final String MASKED = "masked";
    private static final String AUTOREGRESSIVE = "autoregressive";

    /** Answers of each kind that the report shows, from all over the lesson. */
    private static final int SHOWN = 8;

    private final DemoFolder folder;
    private final Setting setting;
    private final Map<String, Exam> exams = new LinkedHashMap<>();

    /**
     * What was run.
     *
     * @param lesson what was told
     * @param model sizes of the masked twin
     * @param steps of training
     * @param seconds that this run trained
     * @param backend what computed
     */
    record Setting(
            Lesson lesson, ModelConfig model, DemoSteps steps, double seconds, String backend) {}

    DemoReport(DemoFolder folder, Setting setting, Exam masked, Exam autoregressive) {
        this.folder = folder;
        this.setting = setting;
        exams.put(MASKED, masked);
        exams.put(AUTOREGRESSIVE, autoregressive);
    }

    /** Says and writes everything. */
    void say(MaskedPupil masked, TextTokenizer tokenizer) throws IOException {
        String unmasking = unmasking(masked, tokenizer);
        String onward = onward();
        System.out.println();
        System.out.println(table());
        System.out.println();
        System.out.println("How the masked model fills blanks (" + Texts.MASKED + " is still masked):");
        System.out.println();
        System.out.print(unmasking);
        System.out.println();
        verdict().forEach(System.out::println);
        System.out.println();
        System.out.println("Go on:");
        System.out.print(onward);
        AtomicFiles.write(folder.path().resolve("result.json"), StrictJson.print(result()));
        Path report = folder.path().resolve("report.html");
        write(report, unmasking, onward);
        System.out.println();
        System.out.println("report: " + report);
    }

    /** Shares from 0 to 1 under the name of each model, and what they were measured on. */
    private ObjectNode result() {
        ObjectNode result = StrictJson.parse("{}", "result");
        exams.forEach((name, exam) -> {
            ObjectNode shares = result.putObject(name);
            for (Kind kind : Kind.values()) {
                shares.put(kind.key(), exam.share(kind));
            }
        });
        ObjectNode asked = result.putObject("questions");
        for (Kind kind : Kind.values()) {
            asked.put(kind.key(), exams.get(MASKED).asked(kind));
        }
        result.put("facts", setting.lesson.facts());
        result.put("sentences", setting.lesson.told().size());
        result.putObject("steps")
                .put(MASKED, setting.steps.masked())
                .put(AUTOREGRESSIVE, setting.steps.autoregressive());
        result.put("parameters", setting.model.parameterCount());
        result.put("seconds", setting.seconds);
        result.put("machine", Machine.description());
        return result;
    }

    private String table() {
        StringBuilder table = new StringBuilder();
        String line = "%-62s %-19s %s%n";
        table.append(
                String.format(
                        Locale.ROOT,
                        line,
                        setting.lesson.forthOnly().size()
                                + setting.lesson.backOnly().size()
                                + " facts, each told in one sentence only",
                        MASKED,
                        AUTOREGRESSIVE));
        for (Kind kind : Kind.values()) {
            table.append(
                    String.format(
                            Locale.ROOT,
                            line,
                            described(kind) + ": " + example(kind),
                            count(exams.get(MASKED), kind),
                            count(exams.get(AUTOREGRESSIVE), kind)));
        }
        return table.toString().stripTrailing();
    }

    private static String described(Kind kind) {
        return switch (kind) {
            case TOLD -> "as told";
            case BLANK_MOVED -> "the blank moved";
            case OTHER_FORM -> "the other way round";
        };
    }

    /** Every kind of question about one fact: that of the shortest sentence, which is the easiest to take in. */
    private String example(Kind kind) {
        List<Fact> facts = setting.lesson.forthOnly();
        int shortest = 0;
        for (int i = 1; i < facts.size(); i++) {
            if (facts.get(i).forth().sentence().length() < facts.get(shortest).forth().sentence().length()) {
                shortest = i;
            }
        }
        return exams.get(MASKED).answers().get(kind).get(shortest).question().shown();
    }

    private static String count(Exam exam, Kind kind) {
        return String.format(
                Locale.ROOT, "%d of %d, %.0f %%", exam.right(kind), exam.asked(kind), 100 * exam.share(kind));
    }

    /** The first fact of each way of telling, and the last: always the same ones, right or wrong. */
    private String unmasking(MaskedPupil masked, TextTokenizer tokenizer) {
        Telling first = setting.lesson.forthOnly().getFirst().forth();
        Telling capital = setting.lesson.forthOnly().getLast().forth();
        Telling back = setting.lesson.backOnly().getFirst().back();
        List<Question> questions =
                List.of(
                        Question.forObject(Kind.TOLD, first, tokenizer),
                        Question.forSubject(first, tokenizer),
                        Question.forSubject(back, tokenizer),
                        Question.forSubject(capital, tokenizer));
        return questions.stream()
                .map(question -> unmasking(question, masked, tokenizer))
                .collect(Collectors.joining("\n"));
    }

    private static String unmasking(Question question, MaskedPupil masked, TextTokenizer tokenizer) {
        List<String> lines = new ArrayList<>();
        int[] answer =
                masked.answer(
                        question,
                        step -> {
                            String text =
                                    Arrays.stream(step.sequences().getFirst().ids())
                                            .filter(id -> !isAround(id, tokenizer))
                                            .mapToObj(id -> id < tokenizer.vocabulary()
                                                    ? tokenizer.token(id)
                                                    : Texts.MASKED.repeat(3))
                                            .collect(Collectors.joining(" "))
                                            .replace(" .", ".");
                            lines.add("  " + text);
                        });
        return "  "
                + question.shown()
                + "\n"
                + String.join("\n", lines.stream().distinct().toList())
                + "\n  "
                + (question.isRight(answer) ? "right\n" : "wrong: " + question.expected() + "\n");
    }

    private static boolean isAround(int id, TextTokenizer tokenizer) {
        return id < tokenizer.vocabulary() && tokenizer.special().contains(id);
    }

    /** What the numbers mean, without saying more than they do. */
    private List<String> verdict() {
        Exam masked = exams.get(MASKED);
        Exam causal = exams.get(AUTOREGRESSIVE);
        List<String> lines = new ArrayList<>();
        lines.add("Both have read the same sentences. The masked model fills a blank wherever it stands; the");
        lines.add("autoregressive one only goes on from what stands before it, and a blank in front it must guess.");
        lines.add(
                String.format(
                        Locale.ROOT,
                        "A fact told one way round is not yet known the other way round: the masked model turns %d of"
                                + " %d%naround into a sentence it never read, the autoregressive one %d.",
                        masked.right(Kind.OTHER_FORM),
                        masked.asked(Kind.OTHER_FORM),
                        causal.right(Kind.OTHER_FORM)));
        lines.add("These are sentences learnt by heart by small models: nothing is known beyond them.");
        if (masked.share(Kind.TOLD) < 0.8) {
            lines.add("Not all of them have been learnt yet: give it more --minutes, or run it again to go on.");
        }
        return lines;
    }

    private String onward() {
        String program = Shell.program();
        String asked = setting.lesson.forthOnly().getLast().forth().afterSubject();
        String model = " --model " + Shell.quoted(folder.path());
        return "  "
                + program
                + " fill"
                + model
                + " "
                + Shell.quoted("____ " + asked)
                + "\n"
                + "  "
                + program
                + " serve"
                + model
                + "\n"
                + "  "
                + program
                + " train --out runs/mine --data your-text.txt\n";
    }

    private void write(Path file, String unmasking, String onward) throws IOException {
        Path bars = folder.path().resolve("shares.png");
        BarChart chart =
                new BarChart(
                        "Facts told one way only: right answers",
                        "per cent",
                        Arrays.stream(Kind.values()).map(DemoReport::described).toList());
        exams.forEach((name, exam) ->
                chart.bars(name, Arrays.stream(Kind.values()).map(exam::share).toList()));
        chart.save(bars);
        Path loss = folder.path().resolve("loss.png");
        Map<String, Path> metrics = new LinkedHashMap<>();
        metrics.put(MASKED + " (a bound)", folder.masked().folder().resolve(TrainingRun.METRICS));
        metrics.put(AUTOREGRESSIVE, folder.autoregressive().folder().resolve(TrainingRun.METRICS));
        LossCurve.compare(metrics, LossCurve.Axis.STEP, "Loss of both", loss);
        Report report =
                new Report("Told one way, asked another")
                        .text(
                                "Two models of equal size were trained here on the same "
                                        + setting.lesson.told().size()
                                        + " sentences, which tell "
                                        + setting.lesson.facts()
                                        + " facts of WordNet: people and capitals. Half of the facts were told in one"
                                        + " sentence only, and about those both were asked.")
                        .table(
                                List.of("", "for example", MASKED, AUTOREGRESSIVE),
                                Arrays.stream(Kind.values())
                                        .map(kind -> List.of(
                                                described(kind),
                                                example(kind),
                                                count(exams.get(MASKED), kind),
                                                count(exams.get(AUTOREGRESSIVE), kind)))
                                        .toList())
                        .picture("right answers of both models", bars)
                        .text(String.join(" ", verdict()).replaceAll("\\s+", " "))
                        .heading("Unmasking, step by step")
                        .code(unmasking)
                        .heading("Answers");
        for (Kind kind : Kind.values()) {
            report.table(List.of(described(kind), "expected", MASKED, AUTOREGRESSIVE), answers(kind));
        }
        report.heading("How it was made")
                .picture("training losses of both models", loss)
                .text(
                        String.format(
                                Locale.ROOT,
                                "%,d parameters each; %,d steps of the masked model and %,d of the autoregressive one,"
                                        + " whose every step learns from every word; %.0f seconds in this run. %s. %s.",
                                setting.model.parameterCount(),
                                setting.steps.masked(),
                                setting.steps.autoregressive(),
                                setting.seconds,
                                Machine.description(),
                                setting.backend))
                .heading("Go on")
                .code(folder.again() + "\n" + onward.replaceAll("(?m)^ +", ""))
                .writeHtml(file);
    }

    private List<List<String>> answers(Kind kind) {
        List<Exam.Answer> masked = exams.get(MASKED).answers().get(kind);
        List<Exam.Answer> causal = exams.get(AUTOREGRESSIVE).answers().get(kind);
        List<List<String>> rows = new ArrayList<>();
        for (int i = 0; i < Math.min(SHOWN, masked.size()); i++) {
            int place = i * masked.size() / SHOWN;
            rows.add(
                    List.of(
                            masked.get(place).question().shown(),
                            masked.get(place).question().expected(),
                            marked(masked.get(place)),
                            marked(causal.get(place))));
        }
        return rows;
    }

    private static String marked(Exam.Answer answer) {
        return (answer.right() ? "✓ " : "✗ ") + answer.text();
    }
}
