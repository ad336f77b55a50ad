package dev.unmask.train.experiment;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Order;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.data.DataSettings;
import dev.unmask.train.data.PreparedData;
import dev.unmask.train.experiment.LineChart.Point;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Quality against the number of passes and time: a masked model with several orders of unmasking and numbers of steps,
 * an autoregressive one with its cache. Quality is the loss of a third model, the judge, on what they write.
 *
 * @param text what is read
 * @param sizes of the models
 * @param samples how many texts each writes
 * @param written tokens of each
 * @param seeds how often each model is trained
 */
public record StepsStudy(DataSettings text, StudySize sizes, int samples, int written, int seeds) implements Study {
    private static final List<Order> ORDERS = List.of(Order.RANDOM, Order.CONFIDENCE, Order.MARGIN, Order.ENTROPY);
    private static final String MASKED = "masked";
    private static final String CAUSAL = "autoregressive";
    private static final String LOSS = " loss";
    private static final String ENTROPY = " entropy";
    private static final String MILLISECONDS = " ms";

    @Override
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("text", String.join(", ", text.sources()));
        settings.put("vocabulary", String.valueOf(text.vocabulary()));
        settings.putAll(sizes.settings());
        settings.put("written", samples + " texts of " + written + " tokens");
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
        return 2 * seeds;
    }

    /** Halved from one pass a token on. */
    private List<Integer> steps() {
        return IntStream.iterate(written, n -> n >= 2, n -> n / 2).boxed().toList().reversed();
    }

    @Override
    public List<Trial> trials(Workbench bench) throws IOException {
        PreparedData data = PreparedData.prepare(text, bench.folder().resolve("data"), PreparedData.Progress.NONE);
        StudyText read = new StudyText(data, sizes.batch(), sizes.length());
        int end = data.tokenizer().endOfText().orElseThrow();
        List<Trial> trials = new ArrayList<>();
        for (int seed = 1; seed <= seeds; seed++) {
            long own = seed;
            for (boolean causal : new boolean[] {false, true}) {
                String name = Trials.named(causal ? CAUSAL : MASKED, seed);
                ModelConfig config = sizes.config(data.tokenizer().vocabulary(), causal);
                ResumableTraining.Task task = read.task(config, sizes.steps(), sizes.peak(), seed);
                trials.add(new Trial(name, () -> {
                    Judge judge = Judge.of(bench, read, sizes);
                    Transformer model = bench.model(name, config, task, data.tokenizerFile());
                    return causal
                            ? causal(new AutoregressiveSampler(bench.backend(), model), judge, end, own)
                            : masked(new MaskedSampler(bench.backend(), model), judge, end, own);
                }));
            }
        }
        return trials;
    }

    private Map<String, Double> masked(MaskedSampler sampler, Judge judge, int end, long seed) {
        Map<String, Double> values = new LinkedHashMap<>();
        List<MaskedSequence> sequences = new ArrayList<>();
        for (int i = 0; i < samples; i++) {
            sequences.add(
                    MaskedSequence.continuing(new int[] {end}, written + 1, sampler.denoiser().maskToken(), i));
        }
        for (Order order : ORDERS) {
            for (int steps : steps()) {
                SamplerSettings settings =
                        SamplerSettings.defaults()
                                .withOrder(order)
                                .withSteps(steps)
                                .withTemperature(1)
                                .withSeed(seed);
                // The first time programs are recorded and compiled.
                sampler.sample(sequences, settings);
                long began = System.nanoTime();
                List<Sample> found = sampler.sample(sequences, settings);
                put(values, order.label() + " " + steps, found, judge, end, began);
            }
        }
        return values;
    }

    private Map<String, Double> causal(AutoregressiveSampler sampler, Judge judge, int end, long seed) {
        List<Prompt> prompts = IntStream.range(0, samples).mapToObj(i -> new Prompt(new int[] {end}, i)).toList();
        AutoregressiveSettings settings = AutoregressiveSettings.ofLength(written + 1).withSeed(seed);
        sampler.sample(prompts, settings);
        long began = System.nanoTime();
        List<Sample> found = sampler.sample(prompts, settings);
        Map<String, Double> values = new LinkedHashMap<>();
        put(values, CAUSAL, found, judge, end, began);
        return values;
    }

    private void put(
            Map<String, Double> values, String name, List<Sample> found, Judge judge, int end, long began) {
        values.put(name + MILLISECONDS, (System.nanoTime() - began) * 1e-6 / samples);
        List<int[]> texts =
                found.stream().map(sample -> Arrays.copyOfRange(sample.ids(), 1, written + 1)).toList();
        values.put(
                name + LOSS,
                judge.loss(
                        texts.stream().map(ids -> new CausalLikelihood.Text(new int[] {end}, ids)).toList()));
        values.put(name + ENTROPY, Judge.entropy(texts));
    }

    @Override
    public void report(Workbench bench, Trials trials, Report report) throws IOException {
        report.text(
                "Each model wrote "
                        + samples
                        + " texts of "
                        + written
                        + " tokens at temperature 1. A judge, an autoregressive model of the same size that has read the"
                        + " same text twice as long, says how likely they are: its loss. A low loss of texts that repeat"
                        + " themselves is worth nothing, so that the entropy of the tokens within a text stands beside it."
                        + " Errors are standard errors over "
                        + seeds
                        + " seeds of the models.");
        LineChart passes = new LineChart("Quality against passes", "passes of the model", "judge's loss, nats").logX();
        LineChart time = new LineChart("Quality against time", "ms a text", "judge's loss, nats").logX();
        List<List<String>> rows = new ArrayList<>();
        for (Order order : ORDERS) {
            List<Point> byPasses = new ArrayList<>();
            List<Point> byTime = new ArrayList<>();
            for (int steps : steps()) {
                String name = order.label() + " " + steps;
                Mean loss = trials.mean(MASKED, name + LOSS);
                byPasses.add(new Point(steps, loss.value(), loss.error()));
                byTime.add(
                        new Point(trials.mean(MASKED, name + MILLISECONDS).value(), loss.value(), loss.error()));
                rows.add(row(trials, MASKED + ", " + order.label(), steps, MASKED, name));
            }
            passes.line(order.label(), byPasses);
            time.line(order.label(), byTime.stream().sorted((a, b) -> Double.compare(a.x(), b.x())).toList());
        }
        Mean causal = trials.mean(CAUSAL, CAUSAL + LOSS);
        passes.line(CAUSAL, List.of(new Point(written, causal.value(), causal.error())));
        time.line(
                CAUSAL,
                List.of(new Point(trials.mean(CAUSAL, CAUSAL + MILLISECONDS).value(), causal.value(), causal.error())));
        rows.add(row(trials, CAUSAL, written, CAUSAL, CAUSAL));
        Path first = bench.folder().resolve("passes.png");
        Path second = bench.folder().resolve("time.png");
        passes.save(first);
        time.save(second);
        report.picture("judge's loss against passes", first)
                .picture("judge's loss against time", second)
                .table(List.of("model", "passes", "judge's loss", "entropy", "ms a text"), rows)
                .heading("What it says");
        String best =
                ORDERS.stream()
                        .map(order -> order.label() + " " + written)
                        .min((a, b) -> Double.compare(
                                trials.mean(MASKED, a + LOSS).value(), trials.mean(MASKED, b + LOSS).value()))
                        .orElseThrow();
        Mean gain =
                trials.difference(
                        MASKED,
                        ORDERS.getFirst().label() + " " + steps().getFirst() + LOSS,
                        ORDERS.getFirst().label() + " " + written + LOSS);
        Mean behind = trials.mean(MASKED, best + LOSS).minus(causal);
        report.text(
                "In random order, from "
                        + steps().getFirst()
                        + " passes to one a token, the judge's loss falls by "
                        + gain.text("%.3f")
                        + (gain.isClear() && gain.value() > 0
                                ? ": more passes are better."
                                : ", which these seeds cannot tell from nothing."));
        report.text(
                "With a pass a token the best order ("
                        + best
                        + ") is "
                        + behind.text("%.3f")
                        + " nats above the autoregressive model"
                        + (behind.isClear() ? "" : ", which these seeds cannot tell from nothing")
                        + ". The judge is autoregressive itself, and favours its like.");
        report.text("Times are of a batch of all texts on the machine below; on a busy machine they say little.");
    }

    private static List<String> row(Trials trials, String model, int steps, String trial, String name) {
        return List.of(
                model,
                String.valueOf(steps),
                trials.mean(trial, name + LOSS).text("%.3f"),
                trials.mean(trial, name + ENTROPY).text("%.2f"),
                trials.mean(trial, name + MILLISECONDS).text("%.1f"));
    }
}
