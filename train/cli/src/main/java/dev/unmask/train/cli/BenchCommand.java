package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Presets;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.bench.BenchMemory;
import dev.unmask.train.bench.BenchSizes;
import dev.unmask.train.bench.Benchmarks;
import dev.unmask.train.bench.Benchmarks.Measured;
import dev.unmask.train.bench.TextRun;
import dev.unmask.train.bench.Warmup;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;

/** {@code unmask bench}: one line of JSON a case. */
@Command(
        description = {
            "Times training steps, forward passes, sampling runs, matrix products or attention.",
            "",
            "Prints one line of JSON a case, with the option names and keys of the PyTorch yardstick. of_fma_peak is"
                    + " the share of what the cores reach when they do nothing but multiply and add float32 numbers in"
                    + " registers, at --precision bf16 too, where instructions for bfloat16 can exceed 1.",
            "",
            "A sampling run takes the options of unmask sample: nfe are the passes of a text, nfe_per_s those of all"
                    + " texts a second, written_tokens_per_s the tokens filled in. gflops are of what is computed, with"
                    + " a cache not all.",
            "",
            "With --model and --input it goes on with real prompts: --against none also tells, in same_percent, how"
                    + " many tokens are those that are written without the cache; computed_positions are those of a"
                    + " text that went through the model.",
        },
        footer = {
            "",
            "Examples:",
            "  unmask bench train --layers 8 --heads 8 --width 512 --ffn 2048 --vocab 32000 --batch 8 --length 256",
            "  unmask bench sample --batch 4 --steps 64 --prompt 16",
            "  unmask bench sample --batch 1 --prompt 0 --block-length 32 --cache dual",
            "  unmask bench sample --model runs/mine --input prompts.txt --sampler fast --against none --bound 16",
            "  unmask bench train --profile",
            "  unmask bench gemm --precision bf16",
            "  unmask bench train --preset 34M --threads 1",
            "  unmask bench train forward sample --preset 170M --dry-run"
        })
final class BenchCommand implements Callable<Integer> {
    private static final int MOST_WIDTH = 1 << 20;
    private static final int MOST_RUNS = 1_000_000;

    /** What is timed. */
    enum Case {
        TRAIN,
        FORWARD,
        SAMPLE,
        GEMM,
        ATTENTION
    }

    @Mixin private EngineOptions engine;
    @Mixin private MemoryOptions memory;
    @Mixin private SamplingOptions sampling;
    @Mixin private TrainedBench trained;

    @Spec private CommandSpec command;

    /** Passes of a sampling run, where nobody says otherwise. */
    private static final int STEPS = 64;

    @Parameters(arity = "1..*", paramLabel = "CASE", description = "${COMPLETION-CANDIDATES}")
    private List<Case> cases;

    @Option(names = "--preset", paramLabel = "NAME", description = "Sizes of a preset, instead of the five options.")
    private Optional<String> preset;

    @Option(names = "--layers", paramLabel = "N", defaultValue = "8", description = "Default: ${DEFAULT-VALUE}.")
    private int layers;

    @Option(names = "--heads", paramLabel = "N", defaultValue = "8", description = "Default: ${DEFAULT-VALUE}.")
    private int heads;

    @Option(names = "--width", paramLabel = "N", defaultValue = "512", description = "Default: ${DEFAULT-VALUE}.")
    private int width;

    @Option(names = "--ffn", paramLabel = "N", defaultValue = "2048", description = "Default: ${DEFAULT-VALUE}.")
    private int ffn;

    @Option(names = "--vocab", paramLabel = "N", defaultValue = "32000", description = "Default: ${DEFAULT-VALUE}.")
    private int vocab;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "8", description = "Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(names = "--length", paramLabel = "N", defaultValue = "256", description = "Default: ${DEFAULT-VALUE}.")
    private int length;

    @Option(names = "--prompt", paramLabel = "N", defaultValue = "16", description = "Default: ${DEFAULT-VALUE}.")
    private int prompt;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "7", description = "Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Option(
            names = "--warmup",
            paramLabel = "N",
            description = "Runs before those that are measured. Default: at least 2, for at least 5 seconds.")
    private Optional<Integer> warmup;

    @Option(
            names = "--precision",
            defaultValue = "f32",
            description = "f32, tf32 (f32 where the device has none) or bf16. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(names = "--causal", description = "Causal attention, in the attention case.")
    private boolean causal;

    @Option(
            names = "--profile",
            description = "Also print, on standard error, where the time goes: calls, ms and share of each kernel.")
    private boolean profile;

    @Override
    public Integer call() throws Exception {
        if (trained.given()) {
            return sampleTexts();
        }
        requireSizes();
        ModelConfig config =
                preset.map(Presets::named).orElseGet(() -> ModelConfig.masked(layers, heads, width, ffn, vocab));
        BenchSizes sizes =
                new BenchSizes(
                        config.withCausal(causal),
                        batch,
                        length,
                        prompt,
                        sampling.benchmarked(STEPS),
                        runs,
                        warmup.map(Warmup::exactly).orElse(Warmup.DEFAULT),
                        precision,
                        profile);
        if (memory.dryRun()) {
            int worst = Main.DONE;
            for (Case each : cases) {
                MemoryEstimate plan = engine.plan(dryRun -> plan(each, sizes, dryRun));
                worst = Math.max(worst, MemoryOptions.print("memory of " + described(each, sizes), plan));
            }
            return worst;
        }
        Optional<Case> first = cases.stream().filter(BenchCommand::isOfWholeModel).findFirst();
        try (Backend backend =
                first.isPresent() ? engine.open(dryRun -> plan(first.get(), sizes, dryRun)) : engine.open()) {
            OptionalDouble peak = backend.measurePeak();
            for (Case each : cases) {
                runPlanned(backend, each, sizes, peak);
            }
        }
        return Main.DONE;
    }

    /** Options that have no meaning where the model and its prompts are given. */
    private static final List<String> SIZES =
            List.of(
                    "--preset",
                    "--layers",
                    "--heads",
                    "--width",
                    "--ffn",
                    "--vocab",
                    "--prompt",
                    "--causal",
                    "--profile",
                    "--dry-run");

    private int sampleTexts() throws Exception {
        if (!cases.equals(List.of(Case.SAMPLE))) {
            throw new InputException(
                    "--model: found with the case " + name(cases.getFirst()) + ", expected sample alone");
        }
        for (String size : SIZES) {
            if (command.commandLine().getParseResult().hasMatchedOption(size)) {
                throw new InputException(size + ": found beside --model, which says it already; leave it out");
            }
        }
        requireRuns();
        trained.run(
                engine,
                new TrainedBench.Asked(
                        sampling,
                        length,
                        new TextRun.Repetition(batch, warmup.map(Warmup::exactly).orElse(Warmup.DEFAULT), runs),
                        precision));
        return Main.DONE;
    }

    private void requireRuns() {
        Expected.between("--batch", batch, 1, Expected.MOST_AT_ONCE);
        Expected.between("--runs", runs, 1, MOST_RUNS);
        warmup.ifPresent(value -> Expected.between("--warmup", value, 0, MOST_RUNS));
    }

    private void requireSizes() {
        Expected.between("--layers", layers, 1, 10_000);
        Expected.between("--heads", heads, 1, MOST_WIDTH);
        Expected.between("--width", width, 1, MOST_WIDTH);
        Expected.between("--ffn", ffn, 1, MOST_WIDTH);
        Expected.between("--vocab", vocab, 2, 1 << 24);
        requireRuns();
        Expected.between("--length", length, 1, MOST_WIDTH);
        Expected.between("--batch × --length", (long) batch * length, 1, 1 << 28);
        // Its default means nothing to the other cases.
        if (cases.contains(Case.SAMPLE) || command.commandLine().getParseResult().hasMatchedOption("--prompt")) {
            Expected.between("--prompt", prompt, 0, length);
        }
    }

    private static boolean isOfWholeModel(Case each) {
        return each != Case.ATTENTION && each != Case.GEMM;
    }

    private void runPlanned(Backend backend, Case each, BenchSizes sizes, OptionalDouble peak) throws Exception {
        if (!isOfWholeModel(each)) {
            run(backend, each, sizes, peak);
            return;
        }
        MemoryOptions.run(
                () -> {
                    run(backend, each, sizes, peak);
                    return Main.DONE;
                },
                () -> engine.plan(dryRun -> plan(each, sizes, dryRun)));
    }

    private static String described(Case each, BenchSizes sizes) {
        return String.format(Locale.ROOT, "bench %s, %d × %d tokens", name(each), sizes.batch(), sizes.length());
    }

    private static String name(Case each) {
        return each.name().toLowerCase(Locale.ROOT);
    }

    private static MemoryEstimate plan(Case each, BenchSizes sizes, DryRun dryRun) {
        return switch (each) {
            case TRAIN -> BenchMemory.ofTrain(dryRun, sizes);
            case FORWARD -> BenchMemory.ofForward(dryRun, sizes);
            case SAMPLE -> BenchMemory.ofSample(dryRun, sizes);
            case ATTENTION, GEMM ->
                    throw new InputException(
                            "--dry-run: found the case "
                                    + name(each)
                                    + ", expected train, forward or sample: the others take only their operands");
        };
    }

    private void run(Backend backend, Case each, BenchSizes sizes, OptionalDouble peak) {
        // Not while it runs: what displays allocate would be counted.
        System.err.printf(Locale.ROOT, "timing %s: %,d runs after a warm-up …%n", name(each), runs);
        switch (each) {
            case TRAIN -> print(backend, each, sizes, Benchmarks.train(backend, sizes), peak, new int[0]);
            case FORWARD -> print(backend, each, sizes, Benchmarks.forward(backend, sizes), peak, new int[0]);
            case SAMPLE -> print(backend, each, sizes, Benchmarks.sample(backend, sizes), peak, new int[0]);
            case ATTENTION -> print(backend, each, sizes, Benchmarks.attention(backend, sizes), peak, new int[0]);
            case GEMM -> {
                for (int[] mnk : shapes(sizes)) {
                    print(backend, each, sizes, Benchmarks.gemm(backend, mnk[0], mnk[1], mnk[2], sizes), peak, mnk);
                }
            }
        }
    }

    private static List<int[]> shapes(BenchSizes sizes) {
        ModelConfig c = sizes.model();
        int m = (int) sizes.tokens();
        return List.of(
                new int[] {1024, 1024, 1024},
                new int[] {m, c.heads().fusedWidth(), c.width()},
                new int[] {m, c.width(), c.width()},
                new int[] {m, c.hidden(), c.width()},
                new int[] {m, c.width(), c.hidden()},
                new int[] {m, c.vocabulary(), c.width()},
                new int[] {1, c.vocabulary(), c.width()},
                new int[] {4, c.vocabulary(), c.width()},
                new int[] {16, c.vocabulary(), c.width()});
    }

    private void print(
            Backend backend, Case each, BenchSizes sizes, Measured measured, OptionalDouble peak, int[] mnk) {
        double seconds = measured.timings().medianMs() * 1e-3;
        ObjectNode line = StrictJson.tree(Map.of());
        line.put("what", "unmask " + backend.name());
        line.put("mode", name(each));
        BenchLine.put(line, precision, engine.threads());
        if (mnk.length == 3) {
            line.put("m", mnk[0]).put("n", mnk[1]).put("k", mnk[2]);
        } else {
            line.put("params_non_embedding", sizes.model().nonEmbeddingCount());
            line.put("tokens_per_s", BenchLine.rounded(sizes.tokens() / seconds, 1));
        }
        if (measured.evaluations() > 0) {
            line.put("nfe", BenchLine.rounded((double) measured.evaluations() / sizes.batch(), 2));
            line.put("nfe_per_s", BenchLine.rounded(measured.evaluations() / seconds, 2));
            long written = (long) sizes.batch() * (sizes.length() - sizes.prompt());
            line.put("written_tokens_per_s", BenchLine.rounded(written / seconds, 2));
        }
        BenchLine.put(line, measured.timings());
        line.put("gflops", BenchLine.rounded(measured.flops() / seconds * 1e-9, 1));
        peak.ifPresent(p -> line.put("of_fma_peak", BenchLine.rounded(measured.flops() / seconds / p, 3)));
        line.put("allocated_bytes", measured.timings().allocatedBytes());
        if (measured.temporaryBytes() > 0) {
            line.put("temporary_bytes", measured.temporaryBytes());
        }
        System.out.println(StrictJson.line(line));
        if (!measured.kernels().isEmpty()) {
            System.err.print(KernelTable.of(measured.kernels(), measured.timings().meanMs(), runs));
        }
    }
}
