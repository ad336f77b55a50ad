package dev.unmask.model;

import dev.unmask.tensor.InputException;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A family of published models: how its {@code config.json} says what {@link ModelConfig} says, and how it names the
 * tensors that {@link ModelConfig#parameters()} names. One class each in {@code dev.unmask.model.format}, found as a
 * service.
 */
public interface Family {
    /**
     * What commands call it.
     *
     * @return a short name, for example {@code llada}
     */
    String name();

    /**
     * The model types that it reads.
     *
     * @return values of {@code model_type}
     */
    List<String> modelTypes();

    /**
     * Whether its files hold one matrix for queries, keys and values, in the layout of METHOD §1.2.
     *
     * @return false if there are three
     */
    default boolean fused() {
        return false;
    }

    /**
     * Reads a configuration.
     *
     * @param keys the published {@code config.json}
     * @param tokens the tokens with a role, as the files beside it name them
     * @return the model
     * @throws InputException if a key is missing or malformed, or has a value that changes the mathematics and is not
     *     supported; the message names key and value
     */
    ModelConfig read(PublishedConfig keys, TokenRoles tokens);

    /**
     * What the family calls a parameter.
     *
     * @param parameter the name of a {@link ParameterSpec}
     * @return its name in published files
     */
    String published(String parameter);

    /**
     * Other names under which a parameter may stand in published files.
     *
     * @param parameter the name of a {@link ParameterSpec}
     * @return names to look for if {@link #published} is not there
     */
    default List<String> alternatives(String parameter) {
        return List.of();
    }

    /**
     * Whether a tensor is none of the network's: it repeats another, can be computed, or belongs to another task.
     *
     * @param tensor its name in a published file
     * @param config of the model
     * @return whether to pass it over
     */
    boolean passesOver(String tensor, ModelConfig config);

    /**
     * Writes a configuration.
     *
     * @param config the model
     * @param tokens the tokens with a role
     * @return what {@link #read} reads, in the order of the file
     * @throws InputException if the family has no such network; the message says what it lacks
     */
    Map<String, Object> write(ModelConfig config, TokenRoles tokens);

    /**
     * Every family on the class path or module path.
     *
     * @return in the order of their names
     */
    static List<Family> all() {
        return Families.ALL;
    }

    /**
     * The family of a name.
     *
     * @param name what commands call it
     * @return the family, or empty if there is none
     */
    static Optional<Family> named(String name) {
        return all().stream().filter(family -> family.name().equals(name)).findFirst();
    }
}
