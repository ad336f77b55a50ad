package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SamplingListener;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.InputException;
import dev.unmask.train.MemoryEstimate;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/** {@code unmask sample}: continues a prompt. */
@Command(
        name = "sample",
        description = {
            "Continues a prompt: a masked model fills a text of fixed length, a causal one goes token by token.",
            "",
            "With --json a result has line, id, prompt, sample (which of --count), text, tokens and evaluations (passes"
                    + " of the model). A line of JSON of --input has a prompt, and an id if you like."
        },
        footer = {
            "",
            "Examples:",
            "  unmask sample --model runs/demo --prompt 'mountain:'",
            "  unmask sample --model runs/demo --prompt 'river:' --length 48 --steps 24 --temperature 0.7 --watch",
            "  unmask sample --model runs/demo --prompt 'island:' --no-end",
            "  unmask sample --model runs/demo --prompt 'oak:' --sampler fast --threshold 0.8 --stats",
            "  unmask sample --model runs/demo --prompt 'oak:' --length 128 --seconds 2",
            "  unmask sample --model mdm-170M-100e18.safetensors --tokenizer llama/tokenizer.json --guidance 0.8",
            "  unmask sample --model runs/demo --input prompts.txt --count 3 --json"
        })
final class SampleCommand implements Callable<Integer> {
    @Mixin private EngineOptions engine;
    @Mixin private LoadedModel.Options model;
    @Mixin private SamplingOptions sampling;
    @Mixin private InputOptions input;
    @Mixin private PrecisionOption precision;
    @Mixin private MemoryOptions memory;

    @Option(
            names = {"-p", "--prompt"},
            paramLabel = "TEXT",
            description = "What the text begins with. Default: nothing.")
    private Optional<String> prompt = Optional.empty();

    @Option(
            names = {"-l", "--length"},
            paramLabel = "N",
            defaultValue = "64",
            description = "Tokens of the whole text. Default: ${DEFAULT-VALUE}.")
    private int length;

    @Option(
            names = {"-n", "--count"},
            paramLabel = "N",
            defaultValue = "1",
            description = "How many texts, of --input for each prompt. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "How many texts go through the model together. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(names = "--watch", description = "Show the text after every pass.")
    private boolean watch;

    @Option(
            names = "--stats",
            description = "Tell, on standard error, how many passes a text took (NFE), seconds and tokens a second.")
    private boolean stats;

    @Option(names = "--keep-after-end", description = "Also show what comes after the end-of-text token.")
    private boolean keepAfterEnd;

    /** More than anybody reads; a slip of the keyboard is refused. */
    private static final int MOST_TEXTS = 1_000_000;

    /** Batches whose texts are sorted by length together; their results are printed together. */
    private static final int WINDOW = 16;

    /**
     * A text to be written.
     *
     * @param line where its prompt is from
     * @param ids the prompt
     * @param stream which of the texts of this prompt
     */
    private record Job(InputOptions.Line line, int[] ids, int stream) {}

    @Override
    public Integer call() throws Exception {
        Expected.between("--count", count, 1, MOST_TEXTS);
        Expected.between("--batch", batch, 1, Expected.MOST_AT_ONCE);
        List<InputOptions.Line> lines = lines();
        EngineOptions.Planning largest = dryRun -> plan(dryRun, lines).memory();
        if (memory.dryRun()) {
            return MemoryOptions.print(engine, dryRun -> plan(dryRun, lines));
        }
        return MemoryOptions.run(() -> sample(lines, largest), () -> engine.plan(largest));
    }

    private List<InputOptions.Line> lines() throws IOException {
        if (input.given() && prompt.isPresent()) {
            throw new InputException("--input: found --prompt beside it, expected one of them");
        }
        if (input.given() && watch) {
            throw new InputException("--watch: found beside --input, expected a single prompt");
        }
        return input.given()
                ? input.read()
                : List.of(
                        new InputOptions.Line("--prompt", 1, Optional.empty(), prompt.orElse(""), Optional.empty()));
    }

    /** All texts to be written, whose prompts are checked before the first is. */
    private List<Job> jobs(LoadedModel loaded, List<InputOptions.Line> lines) {
        boolean causal = loaded.transformer().config().causal();
        List<Job> jobs = new ArrayList<>();
        for (InputOptions.Line line : lines) {
            int[] ids = loaded.tokenizer().encode(line.text("prompt"));
            if (causal && ids.length == 0) {
                throw new InputException(
                        line.where() + ": an autoregressive model needs at least one token to go on from");
            }
            Expected.between("--length", length, 1, loaded.transformer().config().maxLength());
            if (ids.length > length) {
                throw new InputException(
                        "--length: found "
                                + length
                                + ", expected at least the "
                                + ids.length
                                + " tokens of the prompt"
                                + (input.given() ? " of " + line.where() : ""));
            }
            for (int i = 0; i < count; i++) {
                jobs.add(new Job(line, ids, i));
            }
            Expected.between("--count", (long) lines.size() * count, 1, MOST_TEXTS);
        }
        return jobs;
    }

    private int sample(List<InputOptions.Line> lines, EngineOptions.Planning largest) throws IOException {
        try (Backend backend = engine.open(largest)) {
            LoadedModel loaded = model.load(backend);
            Writer writer = writer(backend, loaded);
            List<Job> jobs = jobs(loaded, lines);
            SampleStats told = new SampleStats();
            int window = (int) Math.min(jobs.size(), (long) batch * WINDOW);
            for (int first = 0; first < jobs.size(); first += window) {
                List<Job> some = jobs.subList(first, Math.min(jobs.size(), first + window));
                long began = System.nanoTime();
                List<Sample> samples = inOrder(some, writer);
                told.add(samples, some.stream().mapToInt(job -> job.ids().length).sum(), System.nanoTime() - began);
                for (int i = 0; i < some.size(); i++) {
                    System.out.println(line(loaded, some.get(i), samples.get(i)));
                }
                System.out.flush();
            }
            if (stats) {
                System.err.println(told);
            }
        }
        return Main.DONE;
    }

    /** Writes texts of like lengths together, and returns them in the order of their prompts. */
    private List<Sample> inOrder(List<Job> jobs, Writer writer) {
        List<Integer> order =
                IntStream.range(0, jobs.size())
                        .boxed()
                        .sorted(Comparator.comparingInt(i -> jobs.get(i).ids().length))
                        .toList();
        Sample[] samples = new Sample[jobs.size()];
        for (int first = 0; first < order.size(); first += batch) {
            List<Integer> together = order.subList(first, Math.min(order.size(), first + batch));
            List<Sample> written = writer.write(together.stream().map(jobs::get).toList());
            for (int i = 0; i < written.size(); i++) {
                samples[together.get(i)] = written.get(i);
            }
        }
        return List.of(samples);
    }

    private String line(LoadedModel loaded, Job job, Sample sample) {
        String text = Texts.shown(loaded.tokenizer(), sample.ids(), keepAfterEnd);
        if (!input.json()) {
            return input.given() ? Printable.line(text) : Printable.result(text);
        }
        ObjectNode result = job.line().result();
        result.put("prompt", job.line().text("prompt")).put("sample", job.stream()).put("text", text);
        ArrayNode tokens = result.putArray("tokens");
        IntStream.of(sample.ids()).forEach(tokens::add);
        result.put("evaluations", sample.evaluations());
        return StrictJson.line(result);
    }

    private Plan plan(DryRun dryRun, List<InputOptions.Line> lines) throws IOException {
        LoadedModel loaded = model.load(dryRun);
        long weights = dryRun.use().tensors();
        Writer writer = writer(dryRun, loaded);
        List<Job> jobs = jobs(loaded, lines);
        // The shortest prompts leave most to be written.
        List<Sample> samples =
                writer.write(
                        jobs.stream()
                                .sorted(Comparator.comparingInt(job -> job.ids().length))
                                .limit(batch)
                                .toList());
        String what =
                String.format(
                        Locale.ROOT,
                        "sample %,d %s of %,d tokens, %,d at a time; at most %,d passes of each through the model",
                        jobs.size(),
                        jobs.size() == 1 ? "text" : "texts",
                        length,
                        samples.size(),
                        samples.stream().mapToInt(Sample::evaluations).max().orElseThrow());
        return new Plan(what, MemoryEstimate.ofInference(dryRun, weights));
    }

    /** Writes texts together. */
    private interface Writer {
        List<Sample> write(List<Job> jobs);
    }

    private Writer writer(Backend backend, LoadedModel loaded) {
        boolean causal = loaded.transformer().config().causal();
        int mask = causal ? StepPrinter.NO_MASK : loaded.transformer().config().maskToken();
        SamplingListener listener =
                watch && !(backend instanceof DryRun)
                        ? new StepPrinter(loaded.tokenizer(), mask)
                        : SamplingListener.NONE;
        if (causal) {
            AutoregressiveSettings settings = causalSettings(loaded);
            AutoregressiveSampler sampler =
                    new AutoregressiveSampler(backend, loaded.transformer(), precision.chosen());
            return jobs ->
                    sampler.sample(
                            jobs.stream().map(job -> new Prompt(job.ids(), job.stream())).toList(), settings, listener);
        }
        SamplerSettings settings = sampling.settings(loaded);
        MaskedSampler sampler = new MaskedSampler(backend, loaded.transformer(), precision.chosen());
        return jobs ->
                sampler.sample(
                        jobs.stream()
                                .map(job -> MaskedSequence.continuing(job.ids(), length, mask, job.stream()))
                                .toList(),
                        settings,
                        listener);
    }

    private AutoregressiveSettings causalSettings(LoadedModel loaded) {
        sampling.requireCausal();
        AutoregressiveSettings settings =
                AutoregressiveSettings.ofLength(length)
                        .withFilters(sampling.filters(loaded))
                        .withSeed(sampling.seed());
        return loaded.tokenizer().endOfText().isPresent()
                ? settings.withEndToken(loaded.tokenizer().endOfText().getAsInt())
                : settings;
    }
}
