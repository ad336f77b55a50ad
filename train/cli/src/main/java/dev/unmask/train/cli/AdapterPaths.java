package dev.unmask.train.cli;

import dev.unmask.model.AdapterFiles;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Verification;
import dev.unmask.model.ModelFolder.AdapterFolder;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The adapters that {@code --adapter PATH} or {@code --adapter PATH=WEIGHT} name, as often as it is given. */
final class AdapterPaths {
    static final String LABEL = "PATH[=WEIGHT]";

    static final String DESCRIPTION =
            "Low-rank adapters to add to the model: a run's folder, or one with PEFT's files; again for more than one."
                    + " WEIGHT is what they count, 1 unless given.";

    private static final Pattern WEIGHTED = Pattern.compile("(.+)=([-+0-9.eE]+)");

    private AdapterPaths() {}

    /** A model with the adapters that are asked for. */
    static ModelFolder added(ModelFolder model, List<String> asked) throws IOException {
        ModelFolder all = model;
        for (String each : asked) {
            all = all.withAdapter(adapter(each));
        }
        return all;
    }

    private static AdapterFolder adapter(String asked) throws IOException {
        Matcher weighted = WEIGHTED.matcher(asked);
        boolean hasWeight = !Files.exists(Path.of(asked)) && weighted.matches();
        Path path = Path.of(hasWeight ? weighted.group(1) : asked);
        Path folder = Models.checked("--adapter", path, Verification.USUAL);
        if (!AdapterFiles.are(folder)) {
            throw new InputException(
                    "--adapter: "
                            + path
                            + ": found "
                            + (Files.exists(folder) ? "no adapter_config.json there" : "nothing there")
                            + ", expected the folder of a run with --lora, or one that PEFT has saved");
        }
        return new AdapterFolder(folder, hasWeight ? weight(weighted.group(2)) : 1);
    }

    private static double weight(String number) {
        try {
            return Double.parseDouble(number);
        } catch (NumberFormatException e) {
            throw new InputException("--adapter: found the weight " + number + ", expected a number", e);
        }
    }
}
