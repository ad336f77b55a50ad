package dev.unmask.train.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;

/** {@code unmask records}: tables whose gaps are filled, and whose odd records are told. */
@Command(
        description = {
            "Learns the records of a table (CSV or TSV): then any field can be filled from any others, and odd records"
                    + " are told.",
            "",
            "A column is a few words, numbers or dates; free text is left out. Read docs/records.md."
        },
        subcommands = {RecordsLearnCommand.class, RecordsFillCommand.class, RecordsOddCommand.class},
        footer = {
            "",
            "Examples:",
            "  unmask records learn birdstrikes.csv --out runs/birds",
            "  unmask records fill runs/birds gaps.csv --out filled.csv",
            "  unmask records odd runs/birds birdstrikes.csv"
        })
final class RecordsCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(), "records: which one? one of " + String.join(", ", spec.subcommands().keySet()));
    }
}
