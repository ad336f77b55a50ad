package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.train.data.DataSettings;
import dev.unmask.train.experiment.ScalingStudy;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;

/** {@code unmask experiment scaling}: IsoFLOP curves and scaling laws. */
@Command(
        name = "scaling",
        description = {
            "Trains models of several sizes with equal compute, for several budgets, and fits the scaling laws of"
                    + " masked and autoregressive models (METHOD §6)."
        },
        footer = {
            "",
            "Examples:",
            "  unmask experiment scaling",
            "  unmask experiment scaling --budgets 5e11,1e12,2e12",
            "  unmask experiment scaling --budgets 1e12,3e12,1e13 --widths 32,64,96,128 --seeds 5"
        })
final class ScalingCommand implements Callable<Integer> {
    private static final int LEAST_WIDTHS = 3;
    private static final int LEAST_BUDGETS = 2;

    @Mixin private StudyRunner runner;

    @Option(
            names = "--data",
            paramLabel = "SOURCE",
            split = ",",
            defaultValue = "wordnet",
            description = "Text: files, folders, or wordnet. Default: ${DEFAULT-VALUE}.")
    private List<String> data;

    @Option(
            names = "--vocab",
            paramLabel = "N",
            defaultValue = "512",
            description = "Tokens of the tokenizer that is trained on it. Default: ${DEFAULT-VALUE}.")
    private int vocabulary;

    @Option(
            names = "--budgets",
            paramLabel = "C,…",
            split = ",",
            defaultValue = "3e10,1e11,3e11",
            description = "Floating point operations of a training, C = 6·N·D. Default: ${DEFAULT-VALUE}.")
    private List<Double> budgets;

    @Option(
            names = "--widths",
            paramLabel = "N,…",
            split = ",",
            defaultValue = "32,48,64,96",
            description = "Widths of the models, multiples of 16. Default: ${DEFAULT-VALUE}.")
    private List<Integer> widths;

    @Option(
            names = "--layers",
            paramLabel = "N",
            defaultValue = "2",
            description = "Layers of every model. Default: ${DEFAULT-VALUE}.")
    private int layers;

    @Option(
            names = "--lr",
            paramLabel = "X",
            defaultValue = "0.004",
            description = "Peak learning rate. Default: ${DEFAULT-VALUE}.")
    private double peak;

    @Override
    public Integer call() throws IOException {
        List<Double> c = budgets.stream().distinct().sorted().toList();
        List<Integer> w = widths.stream().distinct().sorted().toList();
        if (c.size() < LEAST_BUDGETS || c.getFirst() <= 0) {
            throw new InputException("--budgets: found " + budgets + ", expected at least two above 0");
        }
        if (w.size() < LEAST_WIDTHS || w.stream().anyMatch(width -> width < 16 || width % 16 != 0)) {
            throw new InputException("--widths: found " + widths + ", expected at least three multiples of 16");
        }
        ScalingStudy study =
                new ScalingStudy(
                        new DataSettings(data, "line", "bpe", vocabulary, 0.05),
                        c,
                        w,
                        layers,
                        8,
                        64,
                        peak,
                        runner.seeds());
        return runner.run("Scaling laws", study);
    }
}
