package dev.unmask.train.experiment;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.tensor.Precision;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An autoregressive model that has read the same text for longer, and says how likely a text is. */
final class Judge {
    private static final long SEED = 1000;
    private static final int LONGER = 2;

    private final CausalLikelihood likelihood;
    private final double heldOut;

    private Judge(CausalLikelihood likelihood, double heldOut) {
        this.likelihood = likelihood;
        this.heldOut = heldOut;
    }

    static Judge of(Workbench bench, StudyText text, StudySize sizes) throws IOException {
        ModelConfig config = sizes.config(text.data().tokenizer().vocabulary(), true);
        Transformer model =
                bench.model(
                        "judge",
                        config,
                        text.task(config, LONGER * sizes.steps(), sizes.peak(), SEED),
                        text.data().tokenizerFile());
        return new Judge(
                new CausalLikelihood(bench.backend(), model, Precision.F32),
                text.loss(bench.backend(), model, text.data().validation()));
    }

    /** Nats a token of text by people that it has not read: what others' texts are to be compared with. */
    double heldOut() {
        return heldOut;
    }

    /** Nats a token of what follows a prefix, over all texts. */
    double loss(List<CausalLikelihood.Text> texts) {
        double loss = likelihood.score(texts).stream().mapToDouble(score -> -score.logLikelihood()).sum();
        return loss / texts.stream().mapToInt(text -> text.target().length).sum();
    }

    /** The entropy of the tokens within a text, on average: low where it repeats itself. */
    static double entropy(List<int[]> texts) {
        double sum = 0;
        for (int[] text : texts) {
            Map<Integer, Integer> counts = new HashMap<>();
            for (int token : text) {
                counts.merge(token, 1, Integer::sum);
            }
            for (int count : counts.values()) {
                double p = (double) count / text.length;
                sum -= p * Math.log(p);
            }
        }
        return sum / texts.size();
    }
}
