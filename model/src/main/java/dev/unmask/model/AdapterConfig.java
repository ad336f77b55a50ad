package dev.unmask.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What low-rank adapters are, as PEFT's {@code adapter_config.json} says it.
 *
 * @param base the model that they add to: a path, or a name that its publisher gave it
 * @param rank {@code r}, at least 1; a stored adapter may have another, that of its shape
 * @param alpha what the product is scaled by is {@code α / r}
 * @param dropout part of what goes into an adapter that is dropped in training, from 0 to below 1
 * @param targets which matrices have one: {@code all} of the blocks, or ends of their names, ours or published ones,
 *     such as {@code q_proj}
 * @param rootOfRank whether the scale is {@code α / √r} instead (rank-stabilised LoRA, arXiv 2312.03732)
 * @param alphas other values of {@code α}, by patterns of names of modules, of which the first that fits counts
 */
public record AdapterConfig(
        String base,
        int rank,
        double alpha,
        double dropout,
        List<String> targets,
        boolean rootOfRank,
        Map<String, Double> alphas) {
    /** The file's name. */
    public static final String NAME = "adapter_config.json";

    /** Stands for every matrix of the blocks. */
    public static final String ALL = "all";

    private static final String ALL_IN_PEFT = "all-linear";

    /** What changes the mathematics in a way that is not supported, unless it is null, false or empty. */
    private static final List<String> REFUSED =
            List.of(
                    "use_dora",
                    "fan_in_fan_out",
                    "modules_to_save",
                    "lora_bias",
                    "layer_replication",
                    "target_parameters",
                    "trainable_token_indices",
                    "use_qalora",
                    "alora_invocation_tokens",
                    "arrow_config",
                    "kasa_config",
                    "monteclora_config",
                    "velora_config",
                    "use_bdlora");

    /** Checks the numbers. */
    public AdapterConfig {
        if (rank < 1 || rank > 1 << 16) {
            throw new InputException("lora.rank: found " + rank + ", expected from 1 to " + (1 << 16));
        }
        if (!(alpha > 0 && alpha <= Float.MAX_VALUE)) {
            throw new InputException("lora.alpha: found " + alpha + ", expected a positive number");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new InputException("lora_dropout: found " + dropout + ", expected a number from 0 to below 1");
        }
        if (targets.isEmpty() || targets.stream().anyMatch(target -> target == null || target.isBlank())) {
            throw new InputException("lora.targets: found " + targets + ", expected all, or ends of names of weights");
        }
        targets = List.copyOf(targets);
        alphas.forEach((pattern, value) -> {
            if (!(value > 0 && value <= Float.MAX_VALUE)) {
                throw new InputException(
                        "alpha_pattern." + pattern + ": found " + value + ", expected a positive number");
            }
        });
        alphas = Collections.unmodifiableMap(new LinkedHashMap<>(alphas));
    }

    /**
     * New adapters.
     *
     * @param base the model that they add to
     * @param rank {@code r}, at least 1
     * @param alpha what the product is scaled by is {@code α / r}
     * @param targets which matrices have one
     * @return what they are
     */
    public static AdapterConfig of(String base, int rank, double alpha, List<String> targets) {
        return of(base, rank, alpha, 0, targets);
    }

    /**
     * New adapters.
     *
     * @param base the model that they add to
     * @param rank {@code r}, at least 1
     * @param alpha what the product is scaled by is {@code α / r}
     * @param dropout part of what goes into an adapter that is dropped in training, from 0 to below 1
     * @param targets which matrices have one
     * @return what they are
     */
    public static AdapterConfig of(String base, int rank, double alpha, double dropout, List<String> targets) {
        return new AdapterConfig(base, rank, alpha, dropout, targets, false, Map.of());
    }

    /**
     * Whether a matrix is to have an adapter.
     *
     * @param targets as in {@link #targets}
     * @param module its name without {@code .weight}, ours or the published one
     * @return whether a target is its end
     */
    static boolean isTarget(List<String> targets, String module) {
        return targets.stream()
                .anyMatch(target ->
                        target.equals(ALL)
                                || target.equals(ALL_IN_PEFT)
                                || module.equals(target)
                                || module.endsWith("." + target));
    }

    /**
     * What the product of a module's adapter is scaled by.
     *
     * @param module its name in the file
     * @param itsRank {@code r}, by the shape of what is stored
     * @return the scale
     */
    float scale(String module, int itsRank) {
        double itsAlpha =
                alphas.entrySet().stream()
                        .filter(other -> Pattern.matches("(.*\\.)?(" + other.getKey() + ")", module))
                        .findFirst()
                        .map(Map.Entry::getValue)
                        .orElse(alpha);
        return (float) (itsAlpha / (rootOfRank ? Math.sqrt(itsRank) : itsRank));
    }

    /**
     * Reads the file.
     *
     * @param file an {@code adapter_config.json}
     * @return what it says
     * @throws IOException if it cannot be read
     * @throws InputException if it is malformed, of another method than LoRA, or says something that changes the
     *     mathematics and is not supported; the message names the key
     */
    static AdapterConfig read(Path file) throws IOException {
        ObjectNode keys = StrictJson.read(file);
        String type = keys.path("peft_type").asText("LORA");
        if (!type.equals("LORA")) {
            throw refused(file, "peft_type", keys, "LORA");
        }
        for (String key : REFUSED) {
            JsonNode value = keys.path(key);
            boolean nothing =
                    value.isMissingNode()
                            || value.isNull()
                            || value.isBoolean() && !value.booleanValue()
                            || value.isContainerNode() && value.isEmpty();
            if (!nothing) {
                throw refused(file, key, keys, "null, as adapters with it are not supported");
            }
        }
        if (!keys.path("bias").asText("none").equals("none")) {
            throw refused(file, "bias", keys, "none: biases that were trained are not supported");
        }
        try {
            return new AdapterConfig(
                    keys.path("base_model_name_or_path").asText(""),
                    (int) number(file, keys, "r", 8),
                    number(file, keys, "lora_alpha", 8),
                    number(file, keys, "lora_dropout", 0),
                    targets(keys.path("target_modules")),
                    keys.path("use_rslora").asBoolean(false),
                    alphas(file, keys.path("alpha_pattern")));
        } catch (InputException e) {
            String where = file.toString();
            throw e.getMessage().startsWith(where) ? e : new InputException(where + ": " + e.getMessage(), e);
        }
    }

    private static double number(Path file, ObjectNode keys, String key, double otherwise) {
        JsonNode value = keys.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return otherwise;
        }
        if (!value.isNumber()) {
            throw refused(file, key, keys, "a number");
        }
        return value.doubleValue();
    }

    private static List<String> targets(JsonNode stored) {
        List<String> targets = new ArrayList<>();
        if (stored.isTextual()) {
            targets.add(stored.textValue());
        }
        stored.forEach(target -> targets.add(target.asText()));
        return targets.isEmpty() ? List.of(ALL) : targets;
    }

    private static Map<String, Double> alphas(Path file, JsonNode stored) {
        Map<String, Double> alphas = new LinkedHashMap<>();
        stored.properties()
                .forEach(entry -> {
                    try {
                        Pattern.compile(entry.getKey());
                    } catch (PatternSyntaxException e) {
                        throw new InputException(
                                file + ": alpha_pattern: found " + entry.getKey() + ", expected a pattern of names", e);
                    }
                    if (!entry.getValue().isNumber()) {
                        throw new InputException(
                                file
                                        + ": alpha_pattern."
                                        + entry.getKey()
                                        + ": found "
                                        + entry.getValue()
                                        + ", expected a number");
                    }
                    alphas.put(entry.getKey(), entry.getValue().doubleValue());
                });
        return alphas;
    }

    private static InputException refused(Path file, String key, ObjectNode keys, String expected) {
        return new InputException(
                file + ": " + key + ": found " + StrictJson.shown(keys.get(key)) + ", expected " + expected);
    }

    /**
     * These adapters with every product scaled by 1.
     *
     * @param ranks of all modules, by their names in files
     */
    AdapterConfig unscaled(Map<String, Integer> ranks) {
        Map<String, Double> own = new LinkedHashMap<>();
        ranks.forEach((module, itsRank) -> own.put(module, (double) itsRank));
        return new AdapterConfig(base, rank, alpha, dropout, targets, false, own);
    }

    /**
     * The file as PEFT reads it.
     *
     * @param modules ends of the names of those that have an adapter
     * @param ranks of all modules, by their names in files
     */
    String print(List<String> modules, Map<String, Integer> ranks) {
        Map<String, Integer> others = new LinkedHashMap<>(ranks);
        others.values().removeIf(its -> its == rank);
        Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("peft_type", "LORA");
        keys.put("base_model_name_or_path", base);
        keys.put("inference_mode", true);
        keys.put("r", rank);
        keys.put("lora_alpha", alpha == Math.rint(alpha) ? (Object) (long) alpha : (Object) alpha);
        keys.put("lora_dropout", dropout);
        keys.put("target_modules", modules);
        keys.put("bias", "none");
        keys.put("fan_in_fan_out", false);
        keys.put("use_rslora", rootOfRank);
        keys.put("alpha_pattern", alphas);
        keys.put("rank_pattern", others);
        return StrictJson.print(keys);
    }
}
