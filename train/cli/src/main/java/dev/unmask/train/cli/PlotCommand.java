package dev.unmask.train.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;

/** {@code unmask plot}: the loss curves of some runs in one picture. */
@Command(
        description = "Draws the loss curves of one run or more into one picture.",
        footer = {
            "",
            "Examples:",
            "  unmask plot runs/f32 runs/bf16",
            "  unmask plot runs/a runs/b --over seconds --out compared.png"
        })
final class PlotCommand implements Callable<Integer> {
    private static final String METRICS = "metrics.jsonl";

    @Spec private CommandSpec spec;

    @Parameters(arity = "1..*", paramLabel = "RUN", description = "Folders of runs, named by their last part.")
    private List<Path> runs;

    @Option(
            names = "--over",
            paramLabel = "AXIS",
            defaultValue = "step",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private LossCurve.Axis axis;

    @Option(names = "--title", paramLabel = "TEXT", defaultValue = "Loss", description = "Default: ${DEFAULT-VALUE}.")
    private String title;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            defaultValue = "loss.png",
            description = "The picture, PNG. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Override
    public Integer call() throws IOException {
        requirePicture();
        Map<String, Path> metrics = new LinkedHashMap<>();
        for (Path run : runs) {
            Path file = run.resolve(METRICS);
            if (!Files.isRegularFile(file)) {
                throw new ParameterException(
                        spec.commandLine(),
                        "plot: found no " + METRICS + " in " + run + ", expected the folder of a run, as train makes");
            }
            String name = run.toAbsolutePath().normalize().getFileName().toString();
            if (metrics.put(metrics.containsKey(name) ? run.toString() : name, file) != null) {
                throw new ParameterException(spec.commandLine(), "plot: " + run + " is given twice");
            }
        }
        if (out.getParent() != null) {
            Files.createDirectories(out.getParent());
        }
        LossCurve.compare(metrics, axis, title, out);
        System.out.println("drew " + out);
        return Main.DONE;
    }

    /** The library that draws would put its ending behind any other, and draw into a file that nobody has named. */
    private void requirePicture() {
        if (!String.valueOf(out.getFileName()).toLowerCase(Locale.ROOT).endsWith(".png") || Files.isDirectory(out)) {
            throw new ParameterException(
                    spec.commandLine(), "--out: found " + out + ", expected the name of a file that ends in .png");
        }
    }
}
