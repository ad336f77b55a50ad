package dev.unmask.train.cli;

import dev.unmask.model.ModelConfig;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.FileDigest;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.data.FolderLock;
import dev.unmask.train.data.Table;
import dev.unmask.train.experiment.KeptSettings;
import dev.unmask.train.experiment.ResumableTraining;
import dev.unmask.train.experiment.StudyText;
import dev.unmask.train.records.RecordBlocks;
import dev.unmask.train.records.RecordModel;
import dev.unmask.train.records.RecordObjective;
import dev.unmask.train.records.RecordScores;
import dev.unmask.train.records.Schema;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** {@code unmask records learn}: trains on a table and says what the model is worth. */
@Command(
        name = "learn",
        description = {
            "Trains a model on the records of a table, and measures on held-out ones how well it fills each field and"
                    + " tells odd records.",
            "",
            "Leaves in --out the model, records.json with what it knows of the columns, held-out.csv, and report.md."
                    + " An interrupted run goes on by the same command."
        },
        footer = {
            "",
            "Examples:",
            "  unmask records learn birdstrikes.csv --out runs/birds",
            "  unmask records learn people.csv --leave-out id --missing NA --steps 5000 --out runs/people"
        })
final class RecordsLearnCommand implements Callable<Integer> {
    private static final int WIDTH_STEP = 32;
    private static final double MOST_HELD_OUT = 0.9;
    private static final long HELD_OUT = 0x68656c64L;

    /** Fewer records tell nothing, whatever is learnt of them. */
    private static final int LEAST = 20;

    /** What the model depends on beside the columns. */
    private static final String LEARNING = "learning.json";

    @Parameters(index = "0", paramLabel = "TABLE", description = "A .csv or .tsv file whose first line names columns.")
    private Path file;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            defaultValue = "runs/records",
            description = "Folder of the model. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(
            names = "--leave-out",
            paramLabel = "COLUMN",
            description = "A column that is not to be used, such as a number of the row; may be given again.")
    private Set<String> leftOut = new LinkedHashSet<>();

    @Option(
            names = "--missing",
            paramLabel = "WORD",
            description = "What is written where there is no value, beside nothing at all; may be given again.")
    private Set<String> missing = new LinkedHashSet<>();

    @Option(
            names = "--held-out",
            paramLabel = "SHARE",
            defaultValue = "0.1",
            description = "Share of the records that is not learnt, but measured by. Default: ${DEFAULT-VALUE}.")
    private double heldOut;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "3000", description = "Default: ${DEFAULT-VALUE}.")
    private long steps;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "64",
            description = "Records of a step. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(names = "--layers", paramLabel = "N", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
    private int layers;

    @Option(
            names = "--width",
            paramLabel = "N",
            defaultValue = "96",
            description = "Width of the model, a multiple of 32. Default: ${DEFAULT-VALUE}.")
    private int width;

    @Option(
            names = "--lr",
            paramLabel = "X",
            defaultValue = "0.002",
            description = "Peak learning rate. Default: ${DEFAULT-VALUE}.")
    private double peak;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of the weights, the order and the masks. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Mixin private EngineOptions engine;
    @Mixin private MemoryOptions memory;

    /** Records that are learnt, and those that are not. */
    private record Split(Table learnt, Table held) {}

    @Override
    public Integer call() throws IOException {
        check();
        Table table = Table.read(file);
        Split split = split(table);
        Schema schema = Schema.of(split.learnt, leftOut, missing);
        ModelConfig config = RecordModel.config(schema, layers, width);
        TrainerSettings settings =
                StudyText.settings(steps, batch, schema.fields().size(), peak).withSeed(seed);
        String what = describe(table, split, schema);
        if (memory.dryRun()) {
            return MemoryOptions.print(
                    engine,
                    dryRun ->
                            new Plan(what, MemoryEstimate.ofTraining(dryRun, config, settings, Optional.empty())));
        }
        System.err.println(what);
        OutFolder.RECORDS.claim(out);
        try (FolderLock _ = FolderLock.take(out);
                Backend backend = engine.open()) {
            keep(schema, table, split);
            List<int[]> records = schema.encode(split.learnt);
            ResumableTraining training =
                    new ResumableTraining(
                            backend,
                            config,
                            new ResumableTraining.Task(
                                    new RecordBlocks(records), new RecordObjective(config.maskToken()), settings),
                            new ResumableTraining.Place(out, Optional.empty()));
            if (training.trainer().step() > steps) {
                throw new InputException(
                        "--steps: found "
                                + steps
                                + ", expected at least the "
                                + training.trainer().step()
                                + " that were made in "
                                + out
                                + "; ask for more, or name another folder");
            }
            StopSignal.on(training.run()::stop);
            boolean ended;
            try (ProgressDisplay display = new ProgressDisplay("records", training.trainer().step(), steps)) {
                ended = training.run().run(display.withoutCheckpoints());
            }
            if (!ended || StopSignal.came()) {
                System.err.println("stopped; the same command goes on");
                return Main.INTERRUPTED;
            }
            RecordModel model =
                    new RecordModel(schema, new MaskedSampler(backend, training.trainer().model()).denoiser());
            System.err.printf(
                    Locale.ROOT, "measuring on %,d held-out records …%n", split.held.rows().size());
            RecordsReport report = new RecordsReport(RecordScores.of(model, records, split.held), split.held.rows().size());
            report.print();
            report.write(out, what);
            return Main.DONE;
        }
    }

    private void check() {
        Expected.between("--layers", layers, 1, 1000);
        Expected.between("--width", width, WIDTH_STEP, 1 << 14);
        Expected.between("--batch", batch, 1, Expected.MOST_AT_ONCE);
        Expected.atLeast("--steps", steps, 1);
        if (width % WIDTH_STEP != 0) {
            throw new InputException("--width: found " + width + ", expected a multiple of " + WIDTH_STEP);
        }
        if (!(heldOut > 0 && heldOut <= MOST_HELD_OUT)) {
            throw new InputException(
                    "--held-out: found " + heldOut + ", expected a share above 0, at most " + MOST_HELD_OUT);
        }
    }

    /** At random, always alike. */
    private Split split(Table table) {
        List<Table.Row> learnt = new ArrayList<>();
        List<Table.Row> held = new ArrayList<>();
        for (int i = 0; i < table.rows().size(); i++) {
            boolean isHeld = Philox.uniform53(HELD_OUT, Philox.Purpose.SHUFFLE, 0, i) < heldOut;
            (isHeld ? held : learnt).add(table.rows().get(i));
        }
        if (learnt.size() < LEAST || held.isEmpty()) {
            throw new InputException(
                    file
                            + ": found "
                            + learnt.size()
                            + " records to learn and "
                            + held.size()
                            + " held out, expected at least "
                            + LEAST
                            + " and 1; use a table with more rows, or another --held-out");
        }
        return new Split(new Table(table.columns(), learnt), new Table(table.columns(), held));
    }

    private String describe(Table table, Split split, Schema schema) {
        List<String> known = schema.fields().stream().map(field -> field.name()).toList();
        String others = table.columns().stream().filter(name -> !known.contains(name)).collect(Collectors.joining(", "));
        return String.format(
                Locale.ROOT,
                "%s: %,d records to learn, %,d held out; %d fields of %,d choices%s",
                file.getFileName(),
                split.learnt.rows().size(),
                split.held.rows().size(),
                known.size(),
                schema.vocabulary() - 1,
                others.isEmpty() ? "" : "; left out: " + others);
    }

    private void keep(Schema schema, Table table, Split split) throws IOException {
        if (Files.exists(out.resolve(Schema.FILE)) && !Schema.read(out).equals(schema)) {
            throw new InputException(
                    "--out: "
                            + out
                            + " holds a model of another table or of other columns; name another folder, or delete it");
        }
        // By another table the records that are held out would be others, and some of them learnt before.
        KeptSettings.agree(
                out.resolve(LEARNING),
                "a model of records",
                Map.of(
                        "--layers",
                        Integer.toString(layers),
                        "--width",
                        Integer.toString(width),
                        "--batch",
                        Integer.toString(batch),
                        "--lr",
                        Double.toString(peak),
                        "--seed",
                        Long.toString(seed),
                        "--held-out",
                        Double.toString(heldOut),
                        "a table of SHA-256",
                        FileDigest.of(table.csv().getBytes(StandardCharsets.UTF_8)).sha256()));
        schema.save(out);
        AtomicFiles.write(out.resolve("held-out.csv"), split.held.csv());
    }
}
