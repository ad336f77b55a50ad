package dev.unmask.train.cli;

import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplingListener;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DryRun;
import dev.unmask.tensor.InputException;
import dev.unmask.train.MemoryEstimate;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** {@code unmask sample}: continues a prompt. */
@Command(
        name = "sample",
        description =
                "Continues a prompt: a masked model fills a text of fixed length, a causal one goes token by token.",
        footer = {
            "",
            "Examples:",
            "  unmask sample --model runs/demo --prompt 'mountain:'",
            "  unmask sample --model runs/demo --prompt 'river:' --length 48 --steps 24 --temperature 0.7 --watch",
            "  unmask sample --model runs/demo --prompt 'island:' --no-end",
            "  unmask sample --model runs/demo --prompt 'oak:' --sampler fast --threshold 0.8 --stats",
            "  unmask sample --model runs/demo --prompt 'oak:' --length 128 --seconds 2",
            "  unmask sample --model mdm-170M-100e18.safetensors --tokenizer llama/tokenizer.json --guidance 0.8"
        })
final class SampleCommand implements Callable<Integer> {
    @Mixin private EngineOptions engine;
    @Mixin private LoadedModel.Options model;
    @Mixin private SamplingOptions sampling;
    @Mixin private MemoryOptions memory;

    @Option(
            names = {"-p", "--prompt"},
            paramLabel = "TEXT",
            defaultValue = "",
            description = "What the text begins with.")
    private String prompt;

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
            description = "How many texts. Default: ${DEFAULT-VALUE}.")
    private int count;

    @Option(names = "--watch", description = "Show the text after every pass.")
    private boolean watch;

    @Option(
            names = "--stats",
            description = "Tell, on standard error, how many passes a text took (NFE), seconds and tokens a second.")
    private boolean stats;

    @Option(names = "--keep-after-end", description = "Also show what comes after the end-of-text token.")
    private boolean keepAfterEnd;

    @Override
    public Integer call() throws Exception {
        if (count < 1) {
            throw new InputException("--count: found " + count + ", expected at least 1");
        }
        if (memory.dryRun()) {
            return MemoryOptions.print(
                    "memory of sampling " + count + " × " + length + " tokens", engine.plan(this::plan));
        }
        return MemoryOptions.run(this::sample, () -> engine.plan(this::plan));
    }

    private int sample() throws IOException {
        try (Backend backend = engine.open(this::plan)) {
            LoadedModel loaded = model.load(backend);
            long began = System.nanoTime();
            List<Sample> samples = sample(backend, loaded, watch);
            double seconds = (System.nanoTime() - began) * 1e-9;
            for (Sample sample : samples) {
                System.out.println(Texts.shown(loaded.tokenizer(), sample.ids(), keepAfterEnd));
            }
            if (stats) {
                printStats(loaded, samples, seconds);
            }
        }
        return Main.DONE;
    }

    private void printStats(LoadedModel loaded, List<Sample> samples, double seconds) {
        int given = loaded.tokenizer().encode(prompt).length;
        int written = samples.stream().mapToInt(sample -> sample.ids().length - given).sum();
        double evaluations = samples.stream().mapToInt(Sample::evaluations).average().orElseThrow();
        System.err.printf(
                Locale.ROOT,
                "NFE %.1f a text, %.2f s, %.1f tokens a second%n",
                evaluations,
                seconds,
                written / seconds);
    }

    private MemoryEstimate plan(DryRun dryRun) throws IOException {
        LoadedModel loaded = model.load(dryRun);
        long weights = dryRun.use().tensors();
        sample(dryRun, loaded, false);
        return MemoryEstimate.ofInference(dryRun, weights);
    }

    private List<Sample> sample(Backend backend, LoadedModel loaded, boolean watched) {
        int[] ids = loaded.tokenizer().encode(prompt);
        return loaded.transformer().config().causal()
                ? continueCausally(backend, loaded, ids)
                : unmask(backend, loaded, ids, watched);
    }

    private List<Sample> unmask(Backend backend, LoadedModel loaded, int[] ids, boolean watched) {
        int mask = loaded.transformer().config().maskToken();
        List<MaskedSequence> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sequences.add(MaskedSequence.continuing(ids, length, mask, i));
        }
        SamplingListener listener = watched ? new StepPrinter(loaded.tokenizer(), mask) : SamplingListener.NONE;
        return new MaskedSampler(backend, loaded.transformer()).sample(sequences, sampling.settings(loaded), listener);
    }

    private List<Sample> continueCausally(Backend backend, LoadedModel loaded, int[] ids) {
        sampling.requireCausal();
        if (ids.length == 0) {
            throw new InputException("--prompt: an autoregressive model needs at least one token to go on from");
        }
        AutoregressiveSettings settings =
                AutoregressiveSettings.ofLength(length)
                        .withTemperature(sampling.temperature())
                        .withBannedTokens(sampling.bannedTokens(loaded))
                        .withSeed(sampling.seed());
        if (loaded.tokenizer().endOfText().isPresent()) {
            settings = settings.withEndToken(loaded.tokenizer().endOfText().getAsInt());
        }
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            prompts.add(new Prompt(ids, i));
        }
        return new AutoregressiveSampler(backend, loaded.transformer()).sample(prompts, settings);
    }
}
