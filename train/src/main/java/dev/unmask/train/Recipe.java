package dev.unmask.train;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A published way to train, as a part of a configuration: what it does not say is as in {@link RunConfig#defaults}.
 *
 * @param name by which it is found
 * @param about what it does, in a sentence
 * @param config keys of a {@link RunConfig}, as JSON
 */
public record Recipe(String name, String about, String config) {
    private static final List<String> NAMES =
            List.of(
                    "mdm",
                    "mdm-lengths",
                    "arm",
                    "mdm-low-variance",
                    "llada",
                    "sft-sharegpt",
                    "sft-gsm8k",
                    "sft-reversal",
                    "sft-llada");

    /**
     * All recipes.
     *
     * @return pretraining first
     */
    public static List<Recipe> all() {
        return NAMES.stream().map(Recipe::read).toList();
    }

    /**
     * A recipe by its name.
     *
     * @param name for example {@code mdm}
     * @return the recipe
     * @throws InputException if there is none of that name; the message lists all
     */
    public static Recipe named(String name) {
        if (!NAMES.contains(name)) {
            throw new InputException("recipe: found " + name + ", expected one of " + String.join(", ", NAMES));
        }
        return read(name);
    }

    /**
     * Follows the recipe.
     *
     * @param base what it does not say
     * @return the configuration
     */
    public RunConfig on(RunConfig base) {
        ObjectNode all = StrictJson.tree(base);
        StrictJson.overlay(all, StrictJson.parse(config, name));
        return StrictJson.bind(all, RunConfig.class, name);
    }

    private static Recipe read(String name) {
        String file = "recipes/" + name + ".json";
        try (InputStream in = Recipe.class.getResourceAsStream(file)) {
            ObjectNode all = StrictJson.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), file);
            return new Recipe(name, all.path("about").asText(), StrictJson.print(all.path("config")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
