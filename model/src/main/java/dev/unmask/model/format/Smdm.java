package dev.unmask.model.format;

import dev.unmask.model.Family;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Network;
import dev.unmask.model.PublishedConfig;
import dev.unmask.model.TokenRoles;
import dev.unmask.model.json.StrictJson;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * SMDM (Nie et al., arXiv 2410.18514), the family that Unmask itself trains: names and layout of METHOD §1.2 and §1.3.
 * Its files come without a configuration, so that beside the weights lies one of Unmask's.
 */
public final class Smdm implements Family {
    /** For the service loader. */
    public Smdm() {}

    @Override
    public String name() {
        return "smdm";
    }

    @Override
    public List<String> modelTypes() {
        return List.of();
    }

    @Override
    public boolean fused() {
        return true;
    }

    @Override
    public ModelConfig read(PublishedConfig keys, TokenRoles tokens) {
        throw keys.refused("model_type", "none: this family publishes no config.json");
    }

    @Override
    public String published(String parameter) {
        return parameter;
    }

    @Override
    public boolean passesOver(String tensor, ModelConfig config) {
        return false;
    }

    @Override
    public Map<String, Object> write(ModelConfig config, TokenRoles tokens) {
        new Fit(this)
                .is(config.network().equals(Network.SMDM), "with another network")
                .is(
                        config.causal() || config.embeddingRows() > config.vocabulary(),
                        "whose mask token is of the vocabulary");
        Map<String, Object> keys = new LinkedHashMap<>();
        StrictJson.tree(config).properties().forEach(entry -> keys.put(entry.getKey(), entry.getValue()));
        return keys;
    }
}
