package dev.unmask.model;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** {@code config.json}: the sizes of a model beside its weights. */
final class ConfigFile {
    static final String NAME = "config.json";

    private static final List<String> SIZES = List.of("n_layer", "n_head", "n_embd", "intermediate_size", "vocab_size");

    private ConfigFile() {}

    /**
     * Reads a configuration. The five sizes must stand there; what else is missing has the published value.
     *
     * @throws InputException if the file is malformed; the message names file and key
     */
    static ModelConfig read(Path file) throws IOException {
        return read(file, StrictJson.read(file));
    }

    /** Binds what a file holds. */
    static ModelConfig read(Path file, ObjectNode found) {
        for (String key : SIZES) {
            if (!found.has(key)) {
                throw new InputException(
                        file + ": key " + key + " is missing; expected the sizes " + String.join(", ", SIZES));
            }
        }
        ObjectNode all = StrictJson.tree(ModelConfig.masked(1, 1, 2, 1, 1));
        if (!found.has("n_query_groups")) {
            all.set("n_query_groups", found.get("n_head"));
        }
        all.put("mask_token", ModelConfig.NO_MASK_WITHIN);
        all.set("network", StrictJson.tree(Network.SMDM));
        StrictJson.overlay(all, found, file.toString());
        return StrictJson.bind(all, ModelConfig.class, file.toString());
    }

    static String print(ModelConfig config) {
        return StrictJson.print(config);
    }
}
