package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.chat.ChatTemplate;
import dev.unmask.model.json.StrictJson;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SamplingListener;
import dev.unmask.sample.TextSampler;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
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
        description = {
            "Continues a prompt: a masked model fills a text of fixed length, a causal one goes token by token.",
            "",
            "With --json a result has line, id, prompt, sample (which of --count), text, tokens and evaluations (passes"
                    + " of the model). A line of JSON of --input has a prompt, and an id if you like."
        },
        footer = {
            "",
            "Examples:",
            "  unmask sample --model runs/definitions --prompt 'Edinburgh:'",
            "  unmask sample --model runs/definitions --prompt 'Danube:' --length 48 --steps 24 --temperature 0.7"
                    + " --watch",
            "  unmask sample --model runs/definitions --prompt 'Riverside:' --no-end",
            "  unmask sample --model runs/definitions --prompt 'Danube:' --sampler fast --threshold 0.8 --stats",
            "  unmask sample --model runs/definitions --prompt 'Danube:' --seconds 2",
            "  unmask sample --model mdm-170M-100e18.safetensors --tokenizer llama/tokenizer.json --guidance 0.8",
            "  unmask sample --model runs/definitions --input prompts.txt --count 3 --json",
            "  unmask sample --model models/llada-instruct --chat --prompt 'Why is the sky blue?' --system 'Be brief.'"
        })
final class SampleCommand implements Callable<Integer> {
    @Mixin private EngineOptions engine;
    @Mixin private ModelOptions model;
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
     * @param tokens of the prompt
     * @param request the prompt, its length with what follows, and which of its texts this is
     */
    private record Job(InputOptions.Line line, int tokens, TextSampler.Request request) {}

    /**
     * What is the same for all texts.
     *
     * @param model the model
     * @param sampler writes them
     * @param settings how
     * @param template how the model wants conversations written, if it is talked with
     */
    private record Speaker(
            LanguageModel model, TextSampler sampler, SamplerSettings settings, Optional<ChatTemplate> template) {}

    private Speaker speaker(LanguageModel loaded) {
        Optional<ChatTemplate> template =
                chat.given() ? Optional.of(chat.template(loaded, model.folder())) : Optional.empty();
        Set<Integer> ends = chat.given() ? loaded.answerEnds() : loaded.ends();
        if (loaded.config().causal()) {
            sampling.requireCausal();
        }
        return new Speaker(loaded, new TextSampler(loaded, ends), sampling.settings(loaded, ends), template);
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
                : List.of(new InputOptions.Line("--prompt", 1, Optional.empty(), prompt.orElse(""), Optional.empty()));
    }

    /** All texts to be written, whose prompts are checked before the first is. */
    private List<Job> jobs(Speaker speaker, List<InputOptions.Line> lines) {
        Expected.between("--count", (long) lines.size() * count, 1, MOST_TEXTS);
        List<Job> jobs = new ArrayList<>();
        for (InputOptions.Line line : lines) {
            String text =
                    speaker.template().map(found -> chat.prompt(found, line)).orElseGet(() -> line.text("prompt"));
            int tokens = tokens(speaker.sampler(), text, line);
            int whole = length(tokens, speaker.model().config().maxLength(), line);
            for (int i = 0; i < count; i++) {
                jobs.add(new Job(line, tokens, new TextSampler.Request(text, whole, i)));
            }
        }
        return jobs;
    }

    private int tokens(TextSampler sampler, String prompt, InputOptions.Line line) {
        try {
            return sampler.tokens(prompt);
        } catch (InputException e) {
            throw input.given() ? line.refused(e) : e;
        }
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
        try (Backend backend = engine.openQuietly(largest)) {
            Speaker speaker = speaker(model.load(backend, precision.chosen()));
            SamplingListener listener = watch ? StepPrinter.of(speaker.model()) : SamplingListener.NONE;
            List<Job> jobs = jobs(speaker, lines);
            engine.describe(backend);
            SampleStats told = new SampleStats();
            int window = (int) Math.min(jobs.size(), (long) batch * WINDOW);
            for (int first = 0; first < jobs.size(); first += window) {
                List<Job> some = jobs.subList(first, Math.min(jobs.size(), first + window));
                long began = System.nanoTime();
                List<TextSampler.Request> requests = some.stream().map(Job::request).toList();
                List<TextSampler.Written> written =
                        speaker.sampler().sample(requests, speaker.settings(), batch, listener);
                told.add(written, System.nanoTime() - began);
                for (int i = 0; i < some.size(); i++) {
                    System.out.println(line(speaker, some.get(i), written.get(i)));
                }
                System.out.flush();
            }
            if (stats) {
                System.err.println(told);
            }
        }
        return Main.DONE;
    }

    private String line(Speaker speaker, Job job, TextSampler.Written written) {
        int[] all = written.sample().ids();
        int[] ids = chat.given() ? Arrays.copyOfRange(all, written.prompt(), all.length) : all;
        String toTheEnd = chat.given() ? written.continuation() : written.text();
        String text = keepAfterEnd ? speaker.model().tokenizer().decode(ids) : toTheEnd;
        if (!input.json()) {
            return input.given() ? Printable.line(text) : Printable.result(text);
        }
        ObjectNode result = job.line().result();
        if (job.line().messages().isEmpty()) {
            result.put("prompt", job.line().text("prompt"));
        }
        result.put("sample", job.request().stream()).put("text", text);
        ArrayNode tokens = result.putArray("tokens");
        IntStream.of(ids).forEach(tokens::add);
        result.put("evaluations", written.sample().evaluations());
        return StrictJson.line(result);
    }

    private Plan plan(DryRun dryRun, List<InputOptions.Line> lines) throws IOException {
        LanguageModel loaded = model.load(dryRun, precision.chosen());
        long weights = dryRun.use().tensors();
        Speaker speaker = speaker(loaded);
        List<Job> jobs = jobs(speaker, lines);
        // The shortest prompts leave most to be written.
        List<TextSampler.Request> shortest =
                jobs.stream().sorted(Comparator.comparingInt(Job::tokens)).limit(batch).map(Job::request).toList();
        List<TextSampler.Written> written = speaker.sampler().sample(shortest, speaker.settings(), batch);
        String what =
                String.format(
                        Locale.ROOT,
                        "sample %,d %s of %,d tokens, %,d at a time; at most %,d passes of each through the model",
                        jobs.size(),
                        jobs.size() == 1 ? "text" : "texts",
                        length,
                        written.size(),
                        written.stream().mapToInt(text -> text.sample().evaluations()).max().orElseThrow());
        return new Plan(what, MemoryEstimate.ofInference(dryRun, weights));
    }
}
