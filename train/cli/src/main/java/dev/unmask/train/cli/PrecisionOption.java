package dev.unmask.train.cli;

import dev.unmask.tensor.Precision;

import picocli.CommandLine.Option;

/** The option of how exactly a model is used. */
final class PrecisionOption {
    @Option(
            names = "--precision",
            paramLabel = "P",
            defaultValue = "f32",
            description =
                    "Numbers that matrices are multiplied in: f32, tf32 (f32 where the device has none) or bf16."
                            + " Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    Precision chosen() {
        return precision;
    }
}
