package dev.unmask.train.experiment;

import dev.unmask.model.ModelConfig;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.data.DataSettings;
import dev.unmask.train.data.PreparedData;
import dev.unmask.train.data.TokenText;
import dev.unmask.train.experiment.LineChart.Point;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Guidance by the prompt (METHOD §4): likelihood of held-out continuations, the choice of the right one among four, and
 * what a third model thinks of what is written, over the scale {@code w}.
 *
 * @param text what is read, a document a line; documents are cut in the middle into prompt and continuation
 * @param sizes of the models
 * @param scales of guidance, 0 first
 * @param questions held-out documents at most
 * @param seeds how often the model is trained
 */
public record GuidanceStudy(DataSettings text, StudySize sizes, List<Double> scales, int questions, int seeds)
        implements Study {
    private static final int CHOICES = 4;
    private static final int DRAWS = 16;
    private static final int SHORTEST = 6;
    private static final String HELD_OUT = "held-out text";
    private static final String TRIAL = "masked";

    private record Document(int[] prefix, int[] target) {}

    @Override
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("text", String.join(", ", text.sources()));
        settings.put("vocabulary", String.valueOf(text.vocabulary()));
        settings.putAll(sizes.settings());
        settings.put("w", scales.toString());
        settings.put("questions", String.valueOf(questions));
        return settings;
    }

    @Override
    public ModelConfig largest() {
        return sizes.config(text.vocabulary(), false);
    }

    @Override
    public TrainerSettings training() {
        return sizes.training();
    }

    @Override
    public int size() {
        return seeds;
    }

    private static String named(String value, double scale) {
        return String.format(Locale.ROOT, "%s %.2f", value, scale);
    }

    @Override
    public List<Trial> trials(Workbench bench) throws IOException {
        PreparedData data = PreparedData.prepare(text, bench.folder().resolve("data"), PreparedData.Progress.NONE);
        StudyText read = new StudyText(data, sizes.batch(), sizes.length());
        read.requireSequence("held-out part of the text", data.validation());
        List<Document> documents = documents(data.validation(), data.tokenizer().endOfText().orElseThrow());
        if (documents.size() < CHOICES) {
            throw new InputException(
                    "validation data: found "
                            + documents.size()
                            + " documents of "
                            + SHORTEST
                            + " to "
                            + (sizes.length() - 1)
                            + " tokens, expected at least "
                            + CHOICES
                            + "; use more text");
        }
        List<Trial> trials = new ArrayList<>();
        for (int seed = 1; seed <= seeds; seed++) {
            long own = seed;
            String name = Trials.named(TRIAL, seed);
            ModelConfig config = sizes.config(data.tokenizer().vocabulary(), false);
            ResumableTraining.Task task = read.task(config, sizes.steps(), sizes.peak(), seed);
            trials.add(
                    new Trial(
                            name,
                            () -> {
                                Judge judge = Judge.of(bench, read, sizes);
                                var model = bench.model(name, config, task, data.tokenizerFile());
                                Likelihood likelihood = new Likelihood(bench.backend(), model, Precision.F32);
                                MaskedSampler sampler = new MaskedSampler(bench.backend(), model);
                                Map<String, Double> values = new LinkedHashMap<>();
                                values.put(HELD_OUT, judge.heldOut());
                                for (double scale : scales) {
                                    measure(values, scale, documents, likelihood);
                                    write(values, scale, documents, sampler, judge, own);
                                }
                                return values;
                            }));
        }
        return trials;
    }

    /** The first held-out documents that are neither short nor long, each with the end of the text before it. */
    private List<Document> documents(TokenText held, int end) {
        List<Document> found = new ArrayList<>();
        int[] all = new int[(int) Math.min(held.tokens(), 1 << 20)];
        held.block(0, all.length, all, 0);
        int begin = 0;
        for (int i = 0; i < all.length && found.size() < questions; i++) {
            if (all[i] == end) {
                int length = i - begin;
                if (begin > 0 && length >= SHORTEST && length + 1 < sizes.length()) {
                    int half = begin + length / 2;
                    found.add(new Document(Arrays.copyOfRange(all, begin - 1, half), Arrays.copyOfRange(all, half, i)));
                }
                begin = i + 1;
            }
        }
        return found;
    }

    private static void measure(
            Map<String, Double> values, double scale, List<Document> documents, Likelihood likelihood) {
        LikelihoodSettings settings = LikelihoodSettings.defaults().withSamples(DRAWS, DRAWS).withGuidance(scale);
        double loss = 0;
        double right = 0;
        int tokens = 0;
        for (int i = 0; i < documents.size(); i++) {
            int best = -1;
            double highest = Double.NEGATIVE_INFINITY;
            for (int choice = 0; choice < CHOICES; choice++) {
                int[] target = documents.get((i + choice) % documents.size()).target;
                double log = likelihood.estimate(documents.get(i).prefix, target, settings).logLikelihood();
                if (choice == 0) {
                    loss -= log;
                    tokens += target.length;
                }
                if (log / target.length > highest) {
                    highest = log / target.length;
                    best = choice;
                }
            }
            right += best == 0 ? 1 : 0;
        }
        values.put(named("loss", scale), loss / tokens);
        values.put(named("right", scale), right / documents.size());
    }

    private static void write(
            Map<String, Double> values,
            double scale,
            List<Document> documents,
            MaskedSampler sampler,
            Judge judge,
            long seed) {
        int mask = sampler.denoiser().maskToken();
        List<MaskedSequence> sequences = new ArrayList<>();
        for (Document document : documents) {
            sequences.add(
                    MaskedSequence.continuing(
                            document.prefix, document.prefix.length + document.target.length, mask, sequences.size()));
        }
        List<Sample> samples =
                sampler.sample(
                        sequences, SamplerSettings.defaults().withTemperature(1).withGuidance(scale).withSeed(seed));
        List<CausalLikelihood.Text> texts = new ArrayList<>();
        List<int[]> written = new ArrayList<>();
        for (int i = 0; i < documents.size(); i++) {
            int[] prefix = documents.get(i).prefix;
            int[] ids = samples.get(i).ids();
            written.add(Arrays.copyOfRange(ids, prefix.length, ids.length));
            texts.add(new CausalLikelihood.Text(prefix, written.getLast()));
        }
        values.put(named("judge", scale), judge.loss(texts));
        values.put(named("entropy", scale), Judge.entropy(written));
    }

    @Override
    public void report(Workbench bench, Trials trials, Report report) throws IOException {
        report.text(
                "Held-out documents were cut in the middle. Of their second halves the loss was measured given the"
                        + " first, by "
                        + DRAWS
                        + " draws with exact counts of masks; the right half was chosen among four by loss a token; and"
                        + " a second half was written anew at temperature 1, which an autoregressive judge that has"
                        + " read the same text twice as long then measured. Errors are standard errors over "
                        + seeds
                        + " seeds of the model.");
        String[] measured = {"loss", "right", "judge", "entropy"};
        List<List<String>> rows = new ArrayList<>();
        LineChart chart = new LineChart("Guidance", "scale w", "loss, nats a token");
        LineChart choices = new LineChart("The right one of four", "scale w", "share of questions");
        for (double scale : scales) {
            List<String> row = new ArrayList<>(List.of(String.valueOf(scale)));
            for (String value : measured) {
                row.add(trials.mean(TRIAL, named(value, scale)).text("%.3f"));
            }
            rows.add(row);
        }
        chart.line("loss of held-out halves (a bound)", points(trials, "loss"));
        chart.line("judge's loss of written halves", points(trials, "judge"));
        choices.line("right", points(trials, "right"));
        Path first = bench.folder().resolve("guidance.png");
        Path second = bench.folder().resolve("choices.png");
        chart.save(first);
        choices.save(second);
        report.picture("losses over the scale of guidance", first)
                .picture("share of right choices over the scale of guidance", second)
                .table(List.of("w", "loss, held out", "right of four", "judge's loss, written", "entropy"), rows)
                .heading("What it says");
        say(trials, report, "loss", "The loss of held-out halves", true);
        say(trials, report, "right", "The share of right choices", false);
        say(trials, report, "judge", "The judge's loss of what is written", true);
        report.text(
                "Of held-out text by people the judge's loss is " + trials.mean(TRIAL, HELD_OUT).text("%.3f") + ".");
        report.text(
                "In the paper guidance raises accuracies of a 220M model by up to seven points (OpenBookQA), most by"
                        + " less than one.");
    }

    private List<Point> points(Trials trials, String value) {
        return scales.stream()
                .map(scale -> {
                    Mean mean = trials.mean(TRIAL, named(value, scale));
                    return new Point(scale, mean.value(), mean.error());
                })
                .toList();
    }

    /** The best scale against none, of the same models. */
    private void say(Trials trials, Report report, String value, String what, boolean low) {
        double best = scales.getFirst();
        for (double scale : scales) {
            double here = trials.mean(TRIAL, named(value, scale)).value();
            double there = trials.mean(TRIAL, named(value, best)).value();
            best = low ? here < there ? scale : best : here > there ? scale : best;
        }
        if (best == scales.getFirst()) {
            report.text(what + " is best without guidance.");
            return;
        }
        Mean difference = trials.difference(TRIAL, named(value, best), named(value, scales.getFirst()));
        report.text(
                what
                        + " is best of "
                        + scales.size()
                        + " at w = "
                        + best
                        + ", by "
                        + difference.text("%.3f")
                        + " against no guidance"
                        + (difference.isClear() ? "." : ": nothing that these seeds can tell."));
    }
}
