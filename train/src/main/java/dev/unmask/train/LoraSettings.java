package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.model.AdapterConfig;
import dev.unmask.tensor.InputException;

import java.util.List;

/**
 * Fine-tuning by low-rank adapters (LoRA, Hu et al., arXiv 2106.09685): the weights are frozen, each chosen matrix gets
 * a product of two narrow ones added, and these alone are trained and saved.
 *
 * @param rank {@code r}; 0: no adapters, all weights are trained
 * @param alpha what the product is scaled by is {@code α / r}
 * @param dropout part of what goes into an adapter that is dropped in training, from 0 to below 1
 * @param targets which matrices get one: {@code all} of the blocks, or ends of their names, such as {@code q_proj}
 */
@JsonPropertyOrder({"rank", "alpha", "dropout", "targets"})
public record LoraSettings(
        @JsonProperty("rank") int rank,
        @JsonProperty("alpha") double alpha,
        @JsonProperty("dropout") double dropout,
        @JsonProperty("targets") List<String> targets) {
    /** All weights are trained. */
    public static final LoraSettings NONE = new LoraSettings(0, 0, 0, List.of(AdapterConfig.ALL));

    /** Checks the numbers. */
    public LoraSettings {
        if (rank < 0) {
            throw new InputException("lora.rank: found " + rank + ", expected at least 0, which means no adapters");
        }
        if (targets == null) {
            throw new InputException("lora.targets: found null, expected a list of names, such as [\"all\"]");
        }
        targets = List.copyOf(targets);
        if (rank > 0) {
            AdapterConfig.of("", rank, alpha, dropout, targets);
        }
    }

    /**
     * Adapters of every matrix of the blocks, scaled by two.
     *
     * @param rank {@code r}, at least 1
     * @return the settings
     */
    public static LoraSettings of(int rank) {
        return new LoraSettings(rank, 2.0 * rank, 0, List.of(AdapterConfig.ALL));
    }

    /**
     * Whether there are adapters.
     *
     * @return false if all weights are trained
     */
    public boolean wanted() {
        return rank > 0;
    }

    /** Adapters of a model. */
    AdapterConfig of(String base) {
        return AdapterConfig.of(base, rank, alpha, dropout, targets);
    }
}
