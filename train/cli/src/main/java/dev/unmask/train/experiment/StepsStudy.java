package dev.unmask.train.experiment;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.ConfidentCount;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Order;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerPreset;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.data.DataSettings;
import dev.unmask.train.data.PreparedData;
import dev.unmask.train.experiment.LineChart.Point;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Quality against the number of passes and time: a masked model with several orders of unmasking and numbers of steps
 * and with the samplers that have a name, an autoregressive one with its cache. Quality is the loss of a third model,
 * the judge, on what they write.
 *
 * @param text what is read
 * @param sizes of the models
 * @param samples how many texts each writes
 * @param written tokens of each
 * @param seeds how often each model is trained
 */
public record StepsStudy(DataSettings text, StudySize sizes, int samples, int written, int seeds) implements Study {
    private static final List<Order> ORDERS = List.of(Order.RANDOM, Order.CONFIDENCE, Order.MARGIN, Order.ENTROPY);
    private static final List<Double> THRESHOLDS = List.of(0.3, 0.5, 0.7, 0.9);
    private static final String HELD_OUT = "held-out text";
    private static final String MASKED = "masked";
    private static final String CAUSAL = "autoregressive";
    private static final String LOSS = " loss";
    private static final String ENTROPY = " entropy";
    private static final String MILLISECONDS = " ms";
    private static final String PASSES = " passes";

    /**
     * A sampler, with the dial between passes and quality at some place.
     *
     * @param sampler an order, or a name of settings
     * @param dial steps or a threshold
     * @param settings at temperature 1: texts are drawn, so that samplers can be told apart by many of them
     */
    private record Variant(String sampler, String dial, SamplerSettings settings) {
        String name() {
            return sampler + " " + dial;
        }
    }

    private List<Variant> variants(long seed) {
        List<Variant> variants = new ArrayList<>();
        for (Order order : ORDERS) {
            steps().forEach(n ->
                    variants.add(ofSteps(order.label(), n, SamplerSettings.defaults().withOrder(order), seed)));
        }
        for (SamplerPreset preset : SamplerPreset.values()) {
            SamplerSettings settings = preset.settings();
            if (settings.count() instanceof ConfidentCount.Threshold) {
                for (double threshold : THRESHOLDS) {
                    variants.add(
                            new Variant(
                                    preset.label(),
                                    "threshold " + threshold,
                                    drawn(settings, seed)
                                            .withCount(new ConfidentCount.Threshold(threshold, OptionalInt.empty()))));
                }
            } else {
                steps().forEach(n -> variants.add(ofSteps(preset.label(), n, settings, seed)));
            }
        }
        return variants;
    }

    private static Variant ofSteps(String sampler, int steps, SamplerSettings settings, long seed) {
        return new Variant(sampler, steps + " steps", drawn(settings, seed).withSteps(steps));
    }

    private static SamplerSettings drawn(SamplerSettings settings, long seed) {
        return settings.withTemperature(1).withSeed(seed);
    }

    @Override
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("text", String.join(", ", text.sources()));
        settings.put("vocabulary", String.valueOf(text.vocabulary()));
        settings.putAll(sizes.settings());
        settings.put("written", samples + " texts of " + written + " tokens");
        settings.put(
                "samplers", variants(0).stream().map(Variant::sampler).distinct().collect(Collectors.joining(", ")));
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
        read.requireSequence("held-out part of the text", data.validation());
        int end = data.tokenizer().endOfText().orElseThrow();
        List<Trial> trials = new ArrayList<>();
        for (int seed = 1; seed <= seeds; seed++) {
            long own = seed;
            for (boolean causal : new boolean[] {false, true}) {
                String name = Trials.named(causal ? CAUSAL : MASKED, seed);
                ModelConfig config = sizes.config(data.tokenizer().vocabulary(), causal);
                ResumableTraining.Task task = read.task(config, sizes.steps(), sizes.peak(), seed);
                trials.add(
                        new Trial(
                                name,
                                () -> {
                                    Judge judge = Judge.of(bench, read, sizes);
                                    Transformer model = bench.model(name, config, task, data.tokenizerFile());
                                    Map<String, Double> values =
                                            causal
                                                    ? causal(
                                                            new AutoregressiveSampler(bench.backend(), model),
                                                            judge,
                                                            end,
                                                            own)
                                                    : masked(
                                                            new MaskedSampler(bench.backend(), model), judge, end, own);
                                    values.put(HELD_OUT, judge.heldOut());
                                    return values;
                                }));
            }
        }
        return trials;
    }

    private Map<String, Double> masked(MaskedSampler sampler, Judge judge, int end, long seed) {
        Map<String, Double> values = new LinkedHashMap<>();
        List<MaskedSequence> sequences = new ArrayList<>();
        for (int i = 0; i < samples; i++) {
            sequences.add(MaskedSequence.continuing(new int[] {end}, written + 1, sampler.denoiser().maskToken(), i));
        }
        for (Variant variant : variants(seed)) {
            // The first time programs are recorded and compiled.
            sampler.sample(sequences, variant.settings());
            long began = System.nanoTime();
            List<Sample> found = sampler.sample(sequences, variant.settings());
            put(values, variant.name(), found, judge, end, began);
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

    private void put(Map<String, Double> values, String name, List<Sample> found, Judge judge, int end, long began) {
        values.put(name + MILLISECONDS, (System.nanoTime() - began) * 1e-6 / samples);
        values.put(name + PASSES, found.stream().mapToInt(Sample::evaluations).average().orElseThrow());
        List<int[]> texts = found.stream().map(sample -> Arrays.copyOfRange(sample.ids(), 1, written + 1)).toList();
        values.put(
                name + LOSS,
                judge.loss(texts.stream().map(ids -> new CausalLikelihood.Text(new int[] {end}, ids)).toList()));
        values.put(name + ENTROPY, Judge.entropy(texts));
    }

    @Override
    public void report(Workbench bench, Trials trials, Report report) throws IOException {
        report.text(
                "Each model wrote "
                        + samples
                        + " texts of "
                        + written
                        + " tokens at temperature 1: the orders with one pass after the other, the samplers that have a"
                        + " name as they are but for the temperature and the dial. A judge, an autoregressive model of"
                        + " the same size that has read the same text twice as long, says how likely they are: its"
                        + " loss. A low loss of texts that repeat themselves is worth nothing, so that the entropy of"
                        + " the tokens within a text stands beside it. Errors are standard errors over "
                        + seeds
                        + " seeds of the models.");
        LineChart passes =
                new LineChart("Quality against passes", "passes of the model", "judge's loss, nats a token").logX();
        LineChart time = new LineChart("Quality against time", "ms a text", "judge's loss, nats a token").logX();
        List<List<String>> rows = new ArrayList<>();
        Map<String, List<Variant>> bySampler = new LinkedHashMap<>();
        variants(0).forEach(each -> bySampler.computeIfAbsent(each.sampler(), _ -> new ArrayList<>()).add(each));
        bySampler.forEach((sampler, variants) -> {
            passes.line(sampler, points(trials, variants, PASSES));
            time.line(sampler, points(trials, variants, MILLISECONDS));
            variants.forEach(each -> rows.add(row(trials, MASKED + ", " + sampler, each.dial(), MASKED, each.name())));
        });
        passes.line(CAUSAL, List.of(point(trials, CAUSAL, CAUSAL, PASSES)));
        time.line(CAUSAL, List.of(point(trials, CAUSAL, CAUSAL, MILLISECONDS)));
        rows.add(row(trials, CAUSAL, "", CAUSAL, CAUSAL));
        rows.add(List.of("held-out text", "", "", trials.mean(MASKED, HELD_OUT).text("%.3f"), "", ""));
        Path first = bench.folder().resolve("passes.png");
        Path second = bench.folder().resolve("time.png");
        passes.save(first);
        time.save(second);
        report.picture("judge's loss against passes", first)
                .picture("judge's loss against time", second)
                .table(List.of("model", "dial", "passes", "judge's loss", "entropy", "ms a text"), rows)
                .heading("What it says");
        conclude(trials, report);
    }

    /** What the numbers say, and what they cannot tell. */
    private void conclude(Trials trials, Report report) {
        String best =
                ORDERS.stream()
                        .map(order -> named(order, written))
                        .min((a, b) ->
                                Double.compare(
                                        trials.mean(MASKED, a + LOSS).value(), trials.mean(MASKED, b + LOSS).value()))
                        .orElseThrow();
        Mean gain =
                trials.difference(
                        MASKED,
                        named(ORDERS.getFirst(), steps().getFirst()) + LOSS,
                        named(ORDERS.getFirst(), written) + LOSS);
        Mean behind = trials.mean(MASKED, best + LOSS).minus(trials.mean(CAUSAL, CAUSAL + LOSS));
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

    private static String named(Order order, int steps) {
        return new Variant(order.label(), steps + " steps", SamplerSettings.defaults()).name();
    }

    private static List<Point> points(Trials trials, List<Variant> variants, String against) {
        return variants.stream()
                .map(each -> point(trials, MASKED, each.name(), against))
                .sorted(Comparator.comparingDouble(Point::x))
                .toList();
    }

    private static Point point(Trials trials, String trial, String name, String against) {
        Mean loss = trials.mean(trial, name + LOSS);
        return new Point(trials.mean(trial, name + against).value(), loss.value(), loss.error());
    }

    private static List<String> row(Trials trials, String model, String dial, String trial, String name) {
        return List.of(
                model,
                dial,
                trials.mean(trial, name + PASSES).text("%.1f"),
                trials.mean(trial, name + LOSS).text("%.3f"),
                trials.mean(trial, name + ENTROPY).text("%.2f"),
                trials.mean(trial, name + MILLISECONDS).text("%.1f"));
    }
}
