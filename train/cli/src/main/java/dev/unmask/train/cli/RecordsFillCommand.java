package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.data.Table;
import dev.unmask.train.records.Field;
import dev.unmask.train.records.RecordModel;
import dev.unmask.train.records.Schema;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask records fill}: a table with its gaps filled. */
@Command(
        name = "fill",
        description = {
            "Fills the gaps of a table, in each record the surest first, and prints the table as CSV.",
            "",
            "What is there stays as it is. Numbers are filled with the median of what they may be."
        },
        footer = {
            "",
            "Examples:",
            "  unmask records fill runs/birds gaps.csv --out filled.csv",
            "  unmask records fill runs/birds gaps.csv --sure 0.9"
        })
final class RecordsFillCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "DIR", description = "Folder of 'unmask records learn'.")
    private Path folder;

    @Parameters(index = "1", paramLabel = "TABLE", description = "A table with the columns that were learnt.")
    private Path file;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            description = "Where the filled table goes. Default: standard output.")
    private Optional<Path> out = Optional.empty();

    @Option(
            names = "--sure",
            paramLabel = "P",
            defaultValue = "0",
            description =
                    "Leave gaps for which no choice has this probability, from 0 to 1. A number has that of its bin,"
                            + " one of about thirty. Default: ${DEFAULT-VALUE}.")
    private double sure;

    @Mixin private EngineOptions engine;

    @Override
    public Integer call() throws IOException {
        if (!(sure >= 0 && sure <= 1)) {
            throw new InputException("--sure: found " + sure + ", expected a probability from 0 to 1");
        }
        Table table = Table.read(file);
        try (Backend backend = engine.openQuietly()) {
            RecordModel model = RecordModel.open(backend, folder);
            List<List<RecordModel.Filled>> filled =
                    RecordPieces.answers("filling", model.schema().encode(table), some -> model.fill(some, sure));
            Table whole = table.withValues(values(model.schema(), table, filled));
            if (out.isPresent()) {
                AtomicFiles.write(out.get(), whole.csv());
            } else {
                System.out.print(whole.csv());
            }
            System.err.printf(
                    Locale.ROOT, "%,d gaps filled%n", filled.stream().mapToInt(List::size).sum());
            return Main.DONE;
        }
    }

    private static List<List<String>> values(Schema schema, Table table, List<List<RecordModel.Filled>> filled) {
        int[] columns = schema.columns(table);
        List<List<String>> values = new ArrayList<>();
        for (int i = 0; i < table.rows().size(); i++) {
            List<String> row = new ArrayList<>(table.rows().get(i).values());
            for (RecordModel.Filled gap : filled.get(i)) {
                Field field = schema.fields().get(gap.field());
                row.set(columns[gap.field()], field.choices().get(gap.choice()));
            }
            values.add(row);
        }
        return values;
    }
}
