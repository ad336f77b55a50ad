package dev.unmask.train.cli;

import dev.unmask.tensor.program.Backend;
import dev.unmask.train.data.Table;
import dev.unmask.train.records.Field;
import dev.unmask.train.records.RecordModel;
import dev.unmask.train.records.RecordModel.Oddity;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/** {@code unmask records odd}: the records of a table that a model would not have expected. */
@Command(
        name = "odd",
        description = {
            "Lists the oddest records of a table, the oddest first: line, surprise (nats: the sum of -ln p of its values,"
                    + " each given all others), and the value that is furthest from what was expected.",
        },
        footer = {"", "Examples:", "  unmask records odd runs/birds birdstrikes.csv --top 50"})
final class RecordsOddCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "DIR", description = "Folder of 'unmask records learn'.")
    private Path folder;

    @Parameters(index = "1", paramLabel = "TABLE", description = "A table with the columns that were learnt.")
    private Path file;

    @Option(
            names = "--top",
            paramLabel = "N",
            defaultValue = "20",
            description = "How many are listed. Default: ${DEFAULT-VALUE}.")
    private int top;

    @Mixin private EngineOptions engine;

    @Override
    public Integer call() throws IOException {
        Expected.atLeast("--top", top, 1);
        Table table = Table.read(file);
        try (Backend backend = engine.openQuietly()) {
            RecordModel model = RecordModel.open(backend, folder);
            List<Field> fields = model.schema().fields();
            int[] columns = model.schema().columns(table);
            List<Oddity> odd = RecordPieces.answers("odd records", model.schema().encode(table), model::odd);
            IntStream.range(0, odd.size())
                    .boxed()
                    .sorted((a, b) -> Double.compare(odd.get(b).surprise(), odd.get(a).surprise()))
                    .limit(top)
                    .forEach(i -> print(table.rows().get(i), odd.get(i), fields.get(odd.get(i).field()), columns));
            return Main.DONE;
        }
    }

    private static void print(Table.Row row, Oddity odd, Field field, int[] columns) {
        System.out.printf(
                Locale.ROOT,
                "line %d: %.1f nats; %s is %s (%s), expected %s (%s)%n",
                row.line(),
                odd.surprise(),
                field.name(),
                row.values().get(columns[odd.field()]),
                percent(odd.probability()),
                field.choices().get(odd.expected()),
                percent(odd.expectedProbability()));
    }

    private static String percent(double probability) {
        return probability >= 0.001
                ? String.format(Locale.ROOT, "%.1f %%", 100 * probability)
                : String.format(Locale.ROOT, "%.0e %%", 100 * probability);
    }
}
