package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How large the models of an experiment are and how long they are trained. */
final class StudySizes {
    private static final int MOST_LAYERS = 1000;
    private static final int WIDEST = 1 << 16;
    private static final int HEAD = 32;

    @Option(names = "--layers", paramLabel = "N", description = "Layers of every model. Default: ${DEFAULT-VALUE}.")
    private int layers;

    @Option(
            names = "--width",
            paramLabel = "N",
            description = "Width of every model, a multiple of 32. Default: ${DEFAULT-VALUE}.")
    private int width;

    @Option(names = "--steps", paramLabel = "N", description = "Steps of each training. Default: ${DEFAULT-VALUE}.")
    private long steps;

    @Option(
            names = "--lr",
            paramLabel = "X",
            description = "Peak learning rate. Default: ${DEFAULT-VALUE}.")
    private double peak;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    StudySizes(int layers, int width, long steps, double peak) {
        this.layers = layers;
        this.width = width;
        this.steps = steps;
        this.peak = peak;
    }

    int layers() {
        Expected.between("--layers", layers, 1, MOST_LAYERS);
        return layers;
    }

    int width() {
        Expected.between("--width", width, HEAD, WIDEST);
        if (width % HEAD != 0) {
            throw new InputException("--width: found " + width + ", expected a multiple of " + HEAD);
        }
        return width;
    }

    long steps() {
        return steps;
    }

    double peak() {
        return peak;
    }

    /** Whether an option was given, and does not only have its default. */
    boolean given(String option) {
        return command.commandLine().getParseResult().hasMatchedOption(option);
    }
}
