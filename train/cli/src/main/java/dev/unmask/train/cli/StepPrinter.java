package dev.unmask.train.cli;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.SamplingListener;
import dev.unmask.sample.SamplingStep;

import java.util.Locale;

/** Shows the texts after every step that unmasked something. */
final class StepPrinter implements SamplingListener {
    /** Of a model that has no mask token. */
    private static final int NO_MASK = -1;

    private final TextTokenizer tokenizer;
    private final int maskToken;

    /** A printer of the steps of a model. */
    static StepPrinter of(LanguageModel model) {
        return new StepPrinter(
                model.tokenizer(), model.config().causal() ? NO_MASK : model.config().maskToken());
    }

    StepPrinter(TextTokenizer tokenizer, int maskToken) {
        this.tokenizer = tokenizer;
        this.maskToken = maskToken;
    }

    @Override
    public void onStep(SamplingStep step) {
        for (SamplingStep.Progress sequence : step.sequences()) {
            if (sequence.unmasked().length > 0) {
                System.out.printf(
                        Locale.ROOT,
                        "%4d/%d  %s%n",
                        step.index() + 1,
                        step.steps(),
                        Texts.withMasks(tokenizer, sequence.ids(), maskToken));
            }
        }
    }
}
