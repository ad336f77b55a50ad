package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.chat.ChatTemplate;
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
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
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
            "  unmask sample --model runs/definitions --prompt 'mountain:'",
            "  unmask sample --model runs/definitions --prompt 'river:' --length 48 --steps 24 --temperature 0.7 --watch",
            "  unmask sample --model runs/definitions --prompt 'island:' --no-end",
            "  unmask sample --model runs/definitions --prompt 'oak:' --sampler fast --threshold 0.8 --stats",
            "  unmask sample --model runs/definitions --prompt 'oak:' --length 128 --seconds 2",
            "  unmask sample --model mdm-170M-100e18.safetensors --tokenizer llama/tokenizer.json --guidance 0.8",
            "  unmask sample --model runs/definitions --input prompts.txt --count 3 --json",
            "  unmask sample --model models/llada-instruct --chat --prompt 'Why is the sky blue?' --system 'Be brief.'"
        })
final class SampleCommand implements Callable<Integer> {
    @Mixin private EngineOptions engine;
    @Mixin private LoadedModel.Options model;
    @Mixin private SamplingOptions sampling;
    @Mixin private InputOptions input;
    @Mixin private ChatOptions chat;
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
            description = "Tokens of the whole text, with --chat of the answer. Default: ${DEFAULT-VALUE}.")
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
     * @param length tokens of the whole text
     * @param stream which of the texts of this prompt
     */
    private record Job(InputOptions.Line line, int[] ids, int length, int stream) {}

    /**
     * What is the same for all texts.
     *
     * @param model the model
     * @param template how it wants conversations written, if it is talked with
     * @param ends the tokens after any of which a text is over
     */
    private record Speaker(LoadedModel model, Optional<ChatTemplate> template, Set<Integer> ends) {}

    private Speaker speaker(LoadedModel loaded) throws IOException {
        return chat.given()
                ? new Speaker(loaded, Optional.of(chat.template(loaded)), chat.ends(loaded))
                : new Speaker(loaded, Optional.empty(), loaded.ends());
    }

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
    private List<Job> jobs(Speaker speaker, List<InputOptions.Line> lines) {
        LoadedModel loaded = speaker.model();
        boolean causal = loaded.transformer().config().causal();
        List<Job> jobs = new ArrayList<>();
        for (InputOptions.Line line : lines) {
            String text = speaker.template().map(found -> chat.prompt(found, line)).orElseGet(() -> line.text("prompt"));
            int[] ids = loaded.tokenizer().encode(text);
            if (causal && ids.length == 0) {
                throw new InputException(
                        line.where() + ": an autoregressive model needs at least one token to go on from");
            }
            int whole = length(ids.length, loaded.transformer().config().maxLength(), line);
            for (int i = 0; i < count; i++) {
                jobs.add(new Job(line, ids, whole, i));
            }
            Expected.between("--count", (long) lines.size() * count, 1, MOST_TEXTS);
        }
        return jobs;
    }

    /** Tokens of a text with its prompt. */
    private int length(int prompt, int most, InputOptions.Line line) {
        Expected.between("--length", length, 1, most);
        String of = input.given() ? " of " + line.where() : "";
        if (chat.given()) {
            if (prompt + length > most) {
                throw new InputException(
                        "--length: found "
                                + length
                                + ", expected at most "
                                + Math.max(0, most - prompt)
                                + ": the conversation"
                                + of
                                + " has "
                                + prompt
                                + " tokens, and the model reads "
                                + most);
            }
            return prompt + length;
        }
        if (prompt > length) {
            throw new InputException(
                    "--length: found " + length + ", expected at least the " + prompt + " tokens of the prompt" + of);
        }
        return length;
    }

    private int sample(List<InputOptions.Line> lines, EngineOptions.Planning largest) throws IOException {
        try (Backend backend = engine.open(largest)) {
            LoadedModel loaded = model.load(backend);
            Speaker speaker = speaker(loaded);
            Writer writer = writer(backend, speaker);
            List<Job> jobs = jobs(speaker, lines);
            SampleStats told = new SampleStats();
            int window = (int) Math.min(jobs.size(), (long) batch * WINDOW);
            for (int first = 0; first < jobs.size(); first += window) {
                List<Job> some = jobs.subList(first, Math.min(jobs.size(), first + window));
                long began = System.nanoTime();
                List<Sample> samples = inOrder(some, writer);
                told.add(samples, some.stream().mapToInt(job -> job.ids().length).sum(), System.nanoTime() - began);
                for (int i = 0; i < some.size(); i++) {
                    System.out.println(line(speaker, some.get(i), samples.get(i)));
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

    private String line(Speaker speaker, Job job, Sample sample) {
        int from = chat.given() ? job.ids().length : 0;
        int[] ids = Arrays.copyOfRange(sample.ids(), from, Math.min(job.length(), sample.ids().length));
        String text = Texts.shown(speaker.model().tokenizer(), ids, keepAfterEnd ? Set.of() : speaker.ends());
        if (!input.json()) {
            return input.given() ? Printable.line(text) : Printable.result(text);
        }
        ObjectNode result = job.line().result();
        if (job.line().messages().isEmpty()) {
            result.put("prompt", job.line().text("prompt"));
        }
        result.put("sample", job.stream()).put("text", text);
        ArrayNode tokens = result.putArray("tokens");
        IntStream.of(ids).forEach(tokens::add);
        result.put("evaluations", sample.evaluations());
        return StrictJson.line(result);
    }

    private Plan plan(DryRun dryRun, List<InputOptions.Line> lines) throws IOException {
        LoadedModel loaded = model.load(dryRun);
        long weights = dryRun.use().tensors();
        Speaker speaker = speaker(loaded);
        Writer writer = writer(dryRun, speaker);
        List<Job> jobs = jobs(speaker, lines);
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

    private Writer writer(Backend backend, Speaker speaker) {
        LoadedModel loaded = speaker.model();
        boolean causal = loaded.transformer().config().causal();
        int mask = causal ? StepPrinter.NO_MASK : loaded.transformer().config().maskToken();
        SamplingListener listener =
                watch && !(backend instanceof DryRun)
                        ? new StepPrinter(loaded.tokenizer(), mask)
                        : SamplingListener.NONE;
        if (causal) {
            sampling.requireCausal();
            AutoregressiveSampler sampler =
                    new AutoregressiveSampler(backend, loaded.transformer(), precision.chosen());
            return jobs ->
                    sampler.sample(
                            jobs.stream().map(job -> new Prompt(job.ids(), job.stream())).toList(),
                            causalSettings(speaker, jobs.stream().mapToInt(Job::length).max().orElseThrow()),
                            listener);
        }
        SamplerSettings settings = sampling.settings(loaded, speaker.ends());
        MaskedSampler sampler = new MaskedSampler(backend, loaded.transformer(), precision.chosen());
        return jobs ->
                sampler.sample(
                        jobs.stream()
                                .map(job -> MaskedSequence.continuing(job.ids(), job.length(), mask, job.stream()))
                                .toList(),
                        settings,
                        listener);
    }

    private AutoregressiveSettings causalSettings(Speaker speaker, int longest) {
        return AutoregressiveSettings.ofLength(longest)
                .withFilters(sampling.filters(speaker.model(), speaker.ends()))
                .withSeed(sampling.seed())
                .withEnds(speaker.ends());
    }
}
