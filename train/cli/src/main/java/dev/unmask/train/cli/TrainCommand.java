package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.Merge;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Presets;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Run;
import dev.unmask.train.RunConfig;
import dev.unmask.train.StepEstimate;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;

/** {@code unmask train}: trains a model into a folder. */
@Command(
        description = {
            "Trains a masked diffusion model, or the autoregressive baseline, on text.",
            "",
            "The run's folder receives metrics.jsonl, loss.png, report.html, an event file for TensorBoard, and"
                    + " checkpoints, each a complete model folder. Ctrl-C saves and exits; --resume goes on with the"
                    + " same bits."
        },
        footer = {
            "",
            "Examples:",
            "  unmask train --out runs/words --preset tiny --steps 300",
            "  unmask train --out runs/mine --data texts/ --documents line --preset small --steps 2000 --batch 32",
            "  unmask train --out runs/mine --resume",
            "  unmask train --out runs/arm --preset 6M --causal --lr 4e-4 --set trainer.adamw.weight_decay=0.05",
            "  unmask train --out runs/tuned --from runs/mine --data chats.jsonl --steps 200 --lr 1e-4",
            "  unmask train --out runs/blocks --preset tiny --steps 300 --block-length 8",
            "  unmask train --out runs/lora --from runs/mine --data chats.jsonl --steps 200 --lora 16",
            "  mpirun -np 4 unmask train --out runs/large --preset 170M --batch 64",
            "  unmask train --config run.json --out runs/again --print-config",
            "  unmask train --preset 170M --batch 8 --length 1024 --checkpoint-activations --dry-run"
        })
final class TrainCommand implements Callable<Integer> {
    private static final String DEFAULT_PRESET = "small";
    private static final long DEFAULT_STEPS = 1000;

    @Mixin private EngineOptions engine;
    @Mixin private MemoryOptions memory;
    @Mixin private DataOptions text;
    @Mixin private RecipeOptions recipe;
    @Mixin private LoraOptions lora;
    @Mixin private TrainerOptions trainer;
    @Mixin private JobOptions processes;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            defaultValue = "runs/train",
            description = "The run's folder. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(
            names = "--resume",
            arity = "0..1",
            fallbackValue = Resume.LATEST,
            paramLabel = "WHICH",
            description =
                    "Go on from the newest checkpoint of the run's folder, from the newest that is not damaged"
                        + " (latest-whole), or from one by its name (step-00001000). The text must hold what it held"
                        + " when the run began; if it is gone, the tokens in the run's data folder are enough. What"
                        + " else is asked for otherwise is said.")
    private Optional<String> resume = Optional.empty();

    @Option(names = "--config", paramLabel = "FILE", description = "JSON with any of the keys of --print-config.")
    private Optional<Path> configFile;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Set any key, for example trainer.adamw.beta2=0.98.")
    private List<String> assignments = new ArrayList<>();

    @Option(names = "--print-config", description = "Print the complete configuration as JSON and exit.")
    private boolean printConfig;

    @Option(
            names = {"--preset", "--model"},
            paramLabel = "NAME",
            description = "Size of the model; see 'unmask inspect'. Default: small.")
    private Optional<String> preset;

    @Option(names = "--causal", description = "Train the autoregressive baseline.")
    private boolean causal;

    @Option(
            names = "--from",
            paramLabel = "PATH",
            description =
                    "Start from a model's weights: fine-tuning. Size, kind and tokenizer are the model's; pass"
                            + " --tokenizer if none lies beside it.")
    private Optional<String> from;

    @Option(
            names = "--block-length",
            paramLabel = "N",
            description =
                    "Train by block diffusion: blocks of so many tokens, from left to right, each by diffusion given"
                            + " those before it. Finished blocks are never computed again in sampling. 0: none.")
    private Optional<Integer> blockLength;

    @Option(
            names = "--skip-spikes",
            paramLabel = "Z",
            description =
                    "Make no update in a step whose loss or gradients are more than Z standard deviations above those"
                        + " of the 128 before, or are no numbers; eleven in a row end the run. Default: 0, none is left"
                        + " out.")
    private Optional<Double> spikes;

    @Option(
            names = "--merge",
            description = "Write the model with its adapters added to its weights into OUT/merged, at the end.")
    private boolean merge;

    @Option(
            names = "--samples",
            paramLabel = "N",
            description =
                    "Let the model go on with so many held-out texts at every validation; the report shows what it"
                            + " writes. Default: 2.")
    private Optional<Integer> samples;

    @Override
    public Integer call() throws Exception {
        try (Job job = processes.join()) {
            return job.run(() -> {
                boolean plans = printConfig || memory.dryRun();
                Resume begin = new Resume(out, resume, plans);
                if (plans || !Files.isDirectory(out)) {
                    return run(begin, job);
                }
                // Before anything is read that another run may be about to change.
                try (Job.Held _ = job.lock(out)) {
                    return run(begin, job);
                }
            });
        }
    }

    private int run(Resume begin, Job job) throws Exception {
        Optional<Checkpoint> start = job.inTurn(begin::start);
        trainer.requireRate();
        RunConfig config = job.shared(config(start));
        if (printConfig) {
            System.out.print(StrictJson.print(config));
            return Main.DONE;
        }
        if (start.isPresent()) {
            new Resumption(saved(start.get()), config, start.get().step())
                    .changes()
                    .forEach(change -> System.err.println("--resume: " + change));
        }
        EngineOptions.Planning planning = dryRun -> Run.plan(dryRun, config, start, job.exchange());
        requireMerge(config);
        if (memory.dryRun()) {
            return job.leads() ? plan(config, start, planning) : Main.DONE;
        }
        if (start.isEmpty() && !config.from().isEmpty()) {
            StartingModel.verify(config.from());
        }
        if (job.leads()) {
            OutFolder.RUN.claim(out);
        }
        try (Job.Held _ = job.lock(out)) {
            if (start.isEmpty() && job.leads()) {
                // Another run may have used the folder until now.
                begin.start();
            }
            return MemoryOptions.run(() -> train(config, start, planning, job), () -> engine.plan(planning));
        }
    }

    /** Before hours of training. */
    private void requireMerge(RunConfig config) throws IOException {
        if (!merge) {
            return;
        }
        if (!config.lora().wanted()) {
            throw new InputException("--merge: found no adapters to merge, expected it with --lora; leave it out");
        }
        if (Files.exists(merged())) {
            throw new InputException("--merge: " + merged() + " is there already; move it away");
        }
    }

    private Path merged() {
        return out.resolve("merged");
    }

    /** What a run would be in numbers, what it takes of memory, and how long. */
    private int plan(RunConfig config, Optional<Checkpoint> start, EngineOptions.Planning planning) throws IOException {
        ModelConfig model = Run.sizes(config, start);
        int code = MemoryOptions.print("memory of " + described(config), engine.plan(planning));
        RecipeOptions.numbers(config, model).forEach(System.out::println);
        // A sequence and two layers fit where the run does not.
        if (!config.lora().wanted()) {
            System.err.println("measuring a step of one layer and of two …");
            try (Backend backend = engine.openQuietly()) {
                StepEstimate estimate = StepEstimate.measure(backend, model, config.trainer());
                System.out.printf(
                        Locale.ROOT,
                        "about %s here, by a measured step of one layer and of two: %.3g s a sequence, %.3g s an"
                                + " update%n",
                        duration(estimate.seconds(config.trainer())),
                        estimate.sequence(),
                        estimate.update());
            }
        }
        return code;
    }

    private static String duration(double seconds) {
        if (seconds < 120) {
            return String.format(Locale.ROOT, "%.0f seconds", seconds);
        }
        if (seconds < 7200) {
            return String.format(Locale.ROOT, "%.0f minutes", seconds / 60);
        }
        return seconds < 172_800
                ? String.format(Locale.ROOT, "%.0f hours", seconds / 3600)
                : String.format(Locale.ROOT, "%,.0f days", seconds / 86_400);
    }

    private static String described(RunConfig config) {
        return String.format(
                Locale.ROOT,
                "training %s, %d × %d tokens at once%s",
                config.title(),
                config.trainer().microBatch(),
                config.trainer().length(),
                config.trainer().checkpointActivations() ? ", activations computed twice" : "");
    }

    private int train(RunConfig config, Optional<Checkpoint> start, EngineOptions.Planning planning, Job job)
            throws IOException {
        try (Backend backend = engine.open(planning)) {
            TrainingSession session = new TrainingSession(backend, config, out, start, job.exchange());
            session.describe();
            boolean ended = session.run();
            if (!job.leads()) {
                return Main.DONE;
            }
            System.err.println(ended ? "done: " + out : stoppedAt(session.trainer().step()));
            if (ended && merge) {
                Merge.write(ModelFolder.open(out), merged(), Optional.empty());
                System.err.println("merged: " + merged());
            }
        }
        return Main.DONE;
    }

    private String stoppedAt(long step) {
        return step == 0
                ? "stopped before the first step, with nothing to save; start again"
                : "stopped at step "
                        + step
                        + "; go on with: "
                        + Shell.program()
                        + " train --out "
                        + Shell.quoted(out)
                        + " --resume";
    }

    private RunConfig config(Optional<Checkpoint> checkpoint) throws IOException {
        if (checkpoint.isPresent()) {
            recipe.requireNone();
        }
        ObjectNode given = checkpoint.isPresent() ? StrictJson.tree(saved(checkpoint.get())) : recipe.given();
        if (configFile.isPresent()) {
            StrictJson.overlay(given, StrictJson.read(configFile.get()), configFile.get().toString());
        }
        // Defaults depend on the model and on the number of steps, whichever way these are given.
        ObjectNode first = completed(StrictJson.tree(RunConfig.defaults(DEFAULT_PRESET, DEFAULT_STEPS)), given);
        String name = first.path("preset").asText();
        if (checkpoint.isEmpty()) {
            ModelConfig sized =
                    first.path("from").asText().isEmpty()
                            ? Presets.named(name)
                            : StartingModel.open(first.path("from").asText()).folder().config();
            OptionalLong paid = recipe.steps(first, sized, trainer.steps().isPresent());
            if (paid.isPresent()) {
                trainer.take(paid.getAsLong());
                first.withObject("trainer").put("steps", paid.getAsLong());
            }
        }
        long count = first.path("trainer").path("steps").asLong(DEFAULT_STEPS);
        ObjectNode all;
        if (checkpoint.isPresent()) {
            ModelConfig model = ModelFolder.open(checkpoint.get().folder()).config();
            all = completed(StrictJson.tree(RunConfig.defaults(name, model, count)), given);
        } else if (!first.path("from").asText().isEmpty()) {
            StartingModel start = StartingModel.open(first.path("from").asText());
            ObjectNode defaults = StrictJson.tree(RunConfig.defaults("", start.folder().config(), count));
            start.describeIn(defaults);
            all = completed(defaults, given);
            start.require(all);
        } else {
            all = completed(StrictJson.tree(RunConfig.defaults(name, count)), given);
        }
        String named = all.path("data").path("tokenizer").asText();
        if (text.vocabulary().isPresent() && !named.equals("bpe")) {
            throw new InputException(
                    "--vocab: found "
                            + text.vocabulary().get()
                            + ", but the tokenizer "
                            + named
                            + " has a vocabulary of its own; leave --vocab out, or train a tokenizer by --tokenizer"
                            + " bpe");
        }
        return bound(all);
    }

    private RunConfig bound(ObjectNode all) {
        return StrictJson.bind(all, RunConfig.class, source());
    }

    private String source() {
        return configFile.map(Path::toString).orElse("configuration");
    }

    private static RunConfig saved(Checkpoint checkpoint) throws IOException {
        return checkpoint
                .state()
                .config()
                .orElseThrow(() ->
                        new InputException(
                                checkpoint.folder()
                                        + ": found no configuration of a run in it, expected a checkpoint of unmask"
                                        + " train; begin a new run with it by --from"));
    }

    /** The defaults with what was given laid over them: by a file, then by options, then by assignments. */
    private ObjectNode completed(ObjectNode defaults, ObjectNode given) {
        ObjectNode all = defaults;
        StrictJson.overlay(all, given, source());
        if (given.path("trainer").has("batch") && !given.path("trainer").has("micro_batch")) {
            ((ObjectNode) all.get("trainer")).set("micro_batch", given.get("trainer").get("batch"));
        }
        applyOptions(all);
        for (String assignment : assignments) {
            StrictJson.assign(all, assignment);
        }
        ObjectNode documents = (ObjectNode) all.get("data");
        if (!documents.path("sequences").asText().equalsIgnoreCase("packed") && trainer.length().isPresent()) {
            documents.put("longest", trainer.length().get());
        }
        return all;
    }

    private void applyOptions(ObjectNode all) {
        preset.ifPresent(value -> all.put("preset", value));
        if (causal) {
            all.put("causal", true);
        }
        from.ifPresent(value -> all.put("from", value));
        lora.applyTo((ObjectNode) all.get("lora"));
        spikes.ifPresent(value -> ((ObjectNode) all.get("spikes")).put("deviations", value).put("most", 10));
        blockLength.ifPresent(value -> ((ObjectNode) all.get("blocks")).put("length", value));
        text.applyTo((ObjectNode) all.get("data"));
        trainer.applyTo((ObjectNode) all.get("trainer"));
        samples.ifPresent(value -> ((ObjectNode) all.get("validation")).put("samples", value));
    }
}
