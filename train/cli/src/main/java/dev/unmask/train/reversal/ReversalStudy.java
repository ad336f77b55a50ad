package dev.unmask.train.reversal;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Objective;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.experiment.BarChart;
import dev.unmask.train.experiment.Mean;
import dev.unmask.train.experiment.Report;
import dev.unmask.train.experiment.ResumableTraining.Beginning;
import dev.unmask.train.experiment.ResumableTraining.Task;
import dev.unmask.train.experiment.Study;
import dev.unmask.train.experiment.StudySize;
import dev.unmask.train.experiment.StudyText;
import dev.unmask.train.experiment.Trials;
import dev.unmask.train.experiment.Workbench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The reversal curse on a set in the published format (METHOD §7.1): masked and autoregressive models read the same
 * prompts and completions and are asked as told and reversed. They are new, or have read before and are fine-tuned
 * alike.
 *
 * @param source where prompts and completions come from
 * @param sizes of new models, and how all are trained; their length is for a plan, sequences are as long as the longest
 *     line
 * @param pretrained what is fine-tuned; empty: the models are new
 * @param guidance by the prompt, where the masked model is asked
 * @param seeds how often each is trained
 */
public record ReversalStudy(
        ReversalSource source, StudySize sizes, Optional<Pretrained> pretrained, double guidance, int seeds)
        implements Study {
    private static final int ASKED_AT_ONCE = 64;
    private static final int PLANNED_VOCABULARY = 2048;
    private static final List<String> KINDS = List.of("masked", "autoregressive");
    private static final String REVERSED = ", reversed";
    private static final String MATCH = "match ";
    private static final String BLEU = "bleu ";

    /** Of facts as they were told: below this share a model has not learnt them. */
    private static final double KNOWN = 0.5;

    @Override
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("set", source.description());
        if (pretrained.isPresent()) {
            settings.put("masked model", pretrained.get().masked().location().toString());
            settings.put("autoregressive model", pretrained.get().causal().location().toString());
        } else {
            settings.put("model", sizes.settings().get("model"));
        }
        settings.put("steps", sizes.steps() + " of " + sizes.batch() + " lines");
        settings.put("learning rate", String.valueOf(sizes.peak()));
        settings.put("guidance", String.valueOf(guidance));
        return settings;
    }

    @Override
    public ModelConfig largest() {
        return pretrained.map(two -> two.masked().config()).orElseGet(() -> sizes.config(PLANNED_VOCABULARY, false));
    }

    @Override
    public TrainerSettings training() {
        return sizes.training();
    }

    @Override
    public int size() {
        return KINDS.size() * seeds;
    }

    private ReversalSet set(Path folder) throws IOException {
        ReversalSet set = source.set();
        if (!(source instanceof ReversalSource.Files)) {
            set.write(folder.resolve("set"));
        }
        return set;
    }

    /** What a model reads: the set in its tokens. */
    private record Reading(ReversalSet set, TextTokenizer tokenizer, Path file, Sentences sentences, int length) {
        static Reading of(ReversalSet set, TextTokenizer tokenizer, Path file) {
            List<String> all = set.all();
            // Tests are not read, but their questions must have room.
            int length = Sentences.of(all, tokenizer).longest();
            return new Reading(
                    set, tokenizer, file, Sentences.of(all.subList(0, set.training().size()), tokenizer), length);
        }
    }

    @Override
    public List<Trial> trials(Workbench bench) throws IOException {
        ReversalSet set = set(bench.folder());
        List<Trial> trials = new ArrayList<>();
        List<Reading> readings =
                pretrained.isPresent() ? readings(set, pretrained.get()) : readings(set, bench.folder());
        for (int seed = 1; seed <= seeds; seed++) {
            for (String kind : KINDS) {
                boolean causal = kind.equals(KINDS.getLast());
                Reading reading = readings.get(causal ? 1 : 0);
                trials.add(trial(bench, Trials.named(kind, seed), causal, reading, seed));
            }
        }
        return trials;
    }

    private Trial trial(Workbench bench, String name, boolean causal, Reading reading, long seed) {
        TrainerSettings settings =
                StudyText.settings(sizes.steps(), sizes.batch(), reading.length, sizes.peak()).withSeed(seed);
        Beginning beginning;
        Task task;
        if (pretrained.isPresent()) {
            beginning = Beginning.from(pretrained.get().of(causal));
            // As published: everything is noised, and the end of the text that fills a line up is learnt.
            task = new Task(reading.sentences, Objective.of(pretrained.get().of(causal).config()), settings);
        } else {
            ModelConfig config = sizes.config(reading.tokenizer.vocabulary(), causal);
            beginning = Beginning.anew(config, seed);
            task = Twin.task(config, reading.sentences, settings);
        }
        return new Trial(
                name,
                () -> {
                    Transformer model = bench.train(name, beginning, task, reading.file);
                    return ask(pupil(bench.backend(), model, reading), reading.set, reading.tokenizer);
                });
    }

    private Pupil pupil(Backend backend, Transformer model, Reading reading) {
        Pupil pupil = Twin.pupil(backend, model, reading.length, reading.sentences.end());
        if (pupil instanceof MaskedPupil masked && guidance > 0) {
            SamplerSettings settings = masked.settings().withGuidance(guidance);
            return new MaskedPupil(masked.sampler(), masked.length(), masked.end(), settings);
        }
        return pupil;
    }

    /** For new models: words are tokens. */
    private static List<Reading> readings(ReversalSet set, Path folder) throws IOException {
        TextTokenizer words = WordTokens.of(set.all()).save(folder);
        Reading both = Reading.of(set, words, folder.resolve(TextTokenizer.FILE_NAME));
        return List.of(both, both);
    }

    /** For models that have read before: each has its own tokens. */
    private static List<Reading> readings(ReversalSet set, Pretrained two) throws IOException {
        List<Reading> readings = new ArrayList<>();
        for (boolean causal : new boolean[] {false, true}) {
            Path file = two.tokenizerFile(causal);
            Reading reading = Reading.of(set, TextTokenizer.load(file), file);
            Pretrained.require(two.of(causal), reading.tokenizer, reading.length);
            readings.add(reading);
        }
        return readings;
    }

    private static Map<String, Double> ask(Pupil pupil, ReversalSet set, TextTokenizer tokenizer) {
        Map<String, Double> values = new LinkedHashMap<>();
        set.tests()
                .forEach((test, lines) -> {
                    double right = 0;
                    double bleu = 0;
                    for (int first = 0; first < lines.size(); first += ASKED_AT_ONCE) {
                        List<ReversalSet.Record> some =
                                lines.subList(first, Math.min(lines.size(), first + ASKED_AT_ONCE));
                        List<Question> questions =
                                some.stream()
                                        .map(line -> Question.toContinue(line.prompt(), line.completion(), tokenizer))
                                        .toList();
                        List<int[]> answers = pupil.answers(questions);
                        for (int i = 0; i < some.size(); i++) {
                            // Both as the tokenizer writes them, so that spaces around marks count for nothing.
                            String expected =
                                    tokenizer.decode(questions.get(i).answer()).strip().toLowerCase(Locale.ROOT);
                            String found = tokenizer.decode(answers.get(i)).strip().toLowerCase(Locale.ROOT);
                            right += found.contains(expected) ? 1 : 0;
                            bleu += Bleu.ofCharacters(expected, found);
                        }
                    }
                    values.put(MATCH + test, right / lines.size());
                    values.put(BLEU + test, bleu / lines.size());
                });
        return values;
    }

    @Override
    public void report(Workbench bench, Trials trials, Report report) throws IOException {
        ReversalSet set = set(bench.folder());
        List<String> tests = List.copyOf(set.tests().keySet());
        report.text(
                "Some people are told of with the name first, some with the description first, some both ways; then"
                        + " both are asked in both directions, "
                        + source.wordings()
                        + ". "
                        + (pretrained.isPresent()
                                ? "Both models had read before and were fine-tuned alike."
                                : "The models are new: what the paper fine-tunes is pre-trained.")
                        + " Exact match: the right completion is part of what"
                        + " was written; BLEU-4 is of characters, as in the paper's script. Errors are standard errors"
                        + " over "
                        + seeds
                        + " seeds.");
        Path picture = bench.folder().resolve("match.png");
        chart(trials, tests).save(picture);
        report.picture("exact match of both models", picture)
                .table(List.of("model", "asked", "exact match, %", "BLEU", "questions"), rows(trials, set))
                .heading("What it says");
        for (String test : tests) {
            Mean difference = ahead(trials, test);
            report.text(
                    test
                            + ": masked less autoregressive "
                            + percent(difference)
                            + " points"
                            + (difference.isClear() ? "." : ", no difference that these seeds can tell."));
        }
        report.text(
                "The paper's 1.1B masked model, pre-trained, finds 92 % of names and 37 % of descriptions reversed;"
                        + " autoregressive models find none.");
        report.text(verdict(trials, tests));
    }

    private static BarChart chart(Trials trials, List<String> tests) {
        BarChart chart = new BarChart("Exact match", "per cent", tests);
        for (String kind : KINDS) {
            List<Mean> matches = tests.stream().map(test -> trials.mean(kind, MATCH + test)).toList();
            chart.bars(kind, matches.stream().map(Mean::value).toList(), matches.stream().map(Mean::error).toList());
        }
        return chart;
    }

    private static List<List<String>> rows(Trials trials, ReversalSet set) {
        List<List<String>> rows = new ArrayList<>();
        for (String kind : KINDS) {
            set.tests()
                    .forEach((test, lines) ->
                            rows.add(
                                    List.of(
                                            kind,
                                            test,
                                            percent(trials.mean(kind, MATCH + test)),
                                            trials.mean(kind, BLEU + test).text("%.2f"),
                                            String.valueOf(lines.size()))));
        }
        return rows;
    }

    private String verdict(Trials trials, List<String> tests) {
        String shown =
                tests.stream()
                        .filter(test -> test.endsWith(REVERSED))
                        .filter(test -> ahead(trials, test).isClear() && ahead(trials, test).value() > 0)
                        .map(test -> "from " + test.substring(0, test.length() - REVERSED.length()))
                        .collect(Collectors.joining(" and "));
        if (!shown.isEmpty()) {
            return "The effect shows: asked in reverse, the masked model is clearly ahead "
                    + shown
                    + ". That a fact can be turned round it has learnt from those that were told both ways.";
        }
        double told =
                tests.stream()
                        .filter(test -> !test.endsWith(REVERSED))
                        .mapToDouble(test -> trials.mean(KINDS.getFirst(), MATCH + test).value())
                        .max()
                        .orElseThrow();
        return "The effect does not show here: in neither reversed test is the masked model clearly ahead. "
                + (told < KNOWN
                        ? "It does not know the facts as they were told either, and can turn none round before: give it"
                                + " more --steps."
                        : "How a fact is turned round must have been learnt before"
                                + (pretrained.isPresent() ? "." : ", and these models were new."));
    }

    private static Mean ahead(Trials trials, String test) {
        return trials.mean(KINDS.getFirst(), MATCH + test).minus(trials.mean(KINDS.getLast(), MATCH + test));
    }

    private static String percent(Mean share) {
        return share.times(100).text("%.1f");
    }
}
