package dev.unmask.train.experiment;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;

import com.fasterxml.jackson.databind.node.ObjectNode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A file of what the results in a folder depend on, so that nobody goes on with them by other settings. */
public final class KeptSettings {
    private KeptSettings() {}

    /**
     * Compares settings with those that are kept, and keeps them if none are.
     *
     * @param file where they are kept; its folder must exist
     * @param what the folder holds, as {@code an experiment}
     * @param settings each by its name
     * @throws InputException if others are kept
     * @throws IOException if the file cannot be read or written
     */
    public static void agree(Path file, String what, Map<String, String> settings) throws IOException {
        if (Files.exists(file)) {
            ObjectNode before = StrictJson.read(file);
            for (Map.Entry<String, String> setting : settings.entrySet()) {
                String found = before.path(setting.getKey()).asText();
                if (!found.equals(setting.getValue())) {
                    throw new InputException(
                            "--out: "
                                    + file.getParent()
                                    + " holds "
                                    + what
                                    + " with "
                                    + setting.getKey()
                                    + " "
                                    + found
                                    + ", expected "
                                    + setting.getValue()
                                    + "; name another folder, or ask for the same again to go on with it");
                }
            }
        }
        AtomicFiles.write(file, StrictJson.print(settings));
    }
}
