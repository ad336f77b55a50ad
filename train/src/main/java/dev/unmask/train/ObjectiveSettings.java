package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.tensor.InputException;

import java.util.List;
import java.util.function.ToLongFunction;

/**
 * How the loss of a masked model is drawn and divided (METHOD §2, §3, §8.2). All choices but that of the divisor have
 * the same expectation.
 *
 * @param divisor what the losses of a step are divided by
 * @param times how the noise levels of a step are drawn
 * @param counts how many tokens of a sequence are masked
 * @param promptDropping how often the given tokens of a sequence are all masked, from 0 to 1: for guidance by a model
 *     that was trained without a prompt too
 * @param padTogether sequences of a document each are filled up to the longest of so many in a row; 0: to the length of
 *     the run
 */
@JsonPropertyOrder({"divisor", "times", "counts", "prompt_dropping", "pad_together"})
public record ObjectiveSettings(
        @JsonProperty("divisor") Divisor divisor,
        @JsonProperty("times") Times times,
        @JsonProperty("counts") Counts counts,
        @JsonProperty("prompt_dropping") double promptDropping,
        @JsonProperty("pad_together") int padTogether) {
    /** As the paper pretrains. */
    public static final ObjectiveSettings DEFAULT =
            new ObjectiveSettings(Divisor.SEQUENCES, Times.UNIFORM, Counts.BERNOULLI, 0, 0);

    /** What the losses of a step are divided by. */
    public enum Divisor {
        /** Each sequence by the tokens of it that are not given, then the mean over sequences (LLaDA). */
        SEQUENCES,
        /** All together by all tokens that are not given (SMDM's fine-tuning). */
        TOKENS
    }

    /** How the noise levels of a step are drawn. */
    public enum Times {
        /** Each for itself. */
        UNIFORM,
        /** One for all, each sequence a step of {@code 1/B} further, modulo 1. */
        LOW_DISCREPANCY
    }

    /** How many tokens of a sequence are masked. */
    public enum Counts {
        /** Each is with the probability of the noise level. */
        BERNOULLI,
        /**
         * Exactly {@code k} of {@code n}, {@code k} uniform from 1 to {@code n}, weighted {@code n/k} (RADD's k-DCE).
         */
        EXACT
    }

    /** Checks the numbers. */
    public ObjectiveSettings {
        if (!(promptDropping >= 0 && promptDropping <= 1)) {
            throw new InputException(
                    "objective.prompt_dropping: found " + promptDropping + ", expected a number from 0 to 1");
        }
        if (padTogether < 0) {
            throw new InputException("objective.pad_together: found " + padTogether + ", expected at least 0");
        }
    }

    /** Refuses what a block has no use for: each draws its own time, and sees its own past. */
    void requireUsualDraws() {
        if (times != Times.UNIFORM || counts != Counts.BERNOULLI || promptDropping > 0) {
            throw new InputException(
                    "objective: found "
                            + (times != Times.UNIFORM
                                    ? "times low_discrepancy"
                                    : counts != Counts.BERNOULLI ? "counts exact" : "prompt_dropping " + promptDropping)
                            + " with block diffusion, expected uniform times, bernoulli counts and no prompt dropping,"
                            + " as each block draws a rate of its own; leave it out, or train without blocks");
        }
    }

    /**
     * What the losses of a step are divided by.
     *
     * @param step all its sequences
     * @param learnt how many tokens of a sequence may count
     */
    double divisor(List<Objective.Sequence> step, ToLongFunction<Objective.Sequence> learnt) {
        return divisor == Divisor.SEQUENCES ? step.size() : Math.max(1, step.stream().mapToLong(learnt).sum());
    }

    /** The same without what only training draws: as it is validated. */
    ObjectiveSettings forValidation() {
        return new ObjectiveSettings(divisor, Times.UNIFORM, Counts.BERNOULLI, 0, 0);
    }
}
