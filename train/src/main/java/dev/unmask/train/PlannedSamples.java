package dev.unmask.train;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.DryRun;

import java.util.List;
import java.util.Set;

/**
 * The samples over time of a run whose text is not read: as long as {@link RunSamples} could make them, so that a plan
 * of memory counts at least what they will take.
 *
 * @param texts of different lengths
 * @param shortest tokens of the shortest beginning
 * @param longest tokens of the longest beginning
 * @param length tokens of a sequence
 * @param precision what the operands of matrix products are rounded to
 */
record PlannedSamples(int texts, int shortest, int longest, int length, Precision precision) {
    /** Programs that a sampler keeps, one for each length. */
    private static final int KEPT = 8;

    /** Lengths for which a sampler has the same program. */
    private static final int SAME = 16;

    /** Those of a run; without prompts beginnings have one length, but those of short documents. */
    static PlannedSamples of(RunConfig config, boolean prompts) {
        int length = config.trainer().length();
        int half = Math.max(1, Math.min(length, RunSamples.LONGEST) / 2);
        return new PlannedSamples(
                Math.min(KEPT, config.validation().samples()),
                prompts ? 1 : half,
                prompts ? Math.max(1, length - 1) : half,
                length,
                config.trainer().precision());
    }

    /** Lets a model that a dry run holds write them. */
    void write(DryRun dryRun, Transformer model) {
        if (texts == 0) {
            return;
        }
        Writer writer = model.config().causal() ? causal(dryRun, model) : masked(dryRun, model);
        int end = RunSamples.end(longest, length) + RunSamples.ENCODED_AGAIN;
        int most = Math.min(end, model.config().maxLength());
        for (int i = 0; i < texts && most - i * SAME > 1; i++) {
            int tokens = most - i * SAME;
            writer.write(Math.min(tokens - 1, longest + RunSamples.ENCODED_AGAIN), tokens);
            writer.write(Math.min(tokens - 1, shortest), tokens);
        }
    }

    private interface Writer {
        void write(int given, int tokens);
    }

    private Writer masked(DryRun dryRun, Transformer model) {
        MaskedSampler sampler = new MaskedSampler(dryRun, model, precision);
        ModelConfig config = model.config();
        return (given, tokens) ->
                sampler.sample(
                        List.of(MaskedSequence.continuing(new int[given], tokens, config.maskToken(), 0)),
                        RunSamples.settings(config, tokens - given).withBannedTokens(unassigned(config)));
    }

    private Writer causal(DryRun dryRun, Transformer model) {
        AutoregressiveSampler sampler = new AutoregressiveSampler(dryRun, model, precision);
        return (given, tokens) ->
                sampler.sample(
                        List.of(new Prompt(new int[given], 0)),
                        AutoregressiveSettings.ofLength(tokens).withBannedTokens(unassigned(model.config())));
    }

    /** A tokenizer may have fewer tokens than its model, which costs as much for one as for many. */
    private static Set<Integer> unassigned(ModelConfig config) {
        return Set.of(config.vocabulary() - 1);
    }
}
