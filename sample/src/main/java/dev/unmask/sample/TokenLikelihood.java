package dev.unmask.sample;

import dev.unmask.model.LanguageModel;
import dev.unmask.tensor.InputException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How likely a masked model finds each token of a text.
 *
 * <p>Used by one thread at a time, as its backend is.
 */
public final class TokenLikelihood {
    /** What is seen of a text when one of its tokens is asked about. */
    public enum Given {
        /** All other tokens; the sum is the pseudo-log-likelihood. */
        ALL_OTHERS("leave_one_out"),
        /** The tokens before it, and those behind that are not asked about; the sum is that of the chain rule. */
        BEFORE("chain_rule");

        private final String label;

        Given(String label) {
            this.label = label;
        }

        /**
         * What requests and files call it.
         *
         * @return a lower-case word
         */
        public String label() {
            return label;
        }

        /**
         * Finds one by its label.
         *
         * @param name for example {@code leave_one_out}
         * @return what is given
         * @throws InputException if there is none of that name
         */
        public static Given of(String name) {
            return Arrays.stream(values())
                    .filter(given -> given.label.equals(name.toLowerCase(Locale.ROOT).replace('-', '_')))
                    .findFirst()
                    .orElseThrow(() ->
                            new InputException(
                                    "given: found "
                                            + name
                                            + ", expected one of "
                                            + Arrays.stream(values())
                                                    .map(Given::label)
                                                    .collect(Collectors.joining(", "))));
        }
    }

    private final Denoiser denoiser;

    /**
     * Likelihoods.
     *
     * @param model a masked model
     */
    public TokenLikelihood(LanguageModel model) {
        this(new MaskedSampler(model).denoiser());
    }

    /**
     * Likelihoods by whatever knows which tokens may stand at masked positions.
     *
     * @param denoiser is asked in every pass
     */
    public TokenLikelihood(Denoiser denoiser) {
        this.denoiser = denoiser;
    }

    /**
     * Asks about tokens of a text, one by one.
     *
     * @param ids {@code [T]}: token ids, no mask token among them
     * @param asked the positions asked about
     * @param given what is seen of the text
     * @param batch masked texts of one pass, at least 1
     * @return of each position asked about {@code ln p} of its token, nats, in ascending order of the positions
     * @throws InputException if an id is not in the vocabulary, or the text is too long
     */
    public double[] of(int[] ids, BitSet asked, Given given, int batch) {
        return of(ids, asked, given, batch, Cancellation.NEVER);
    }

    /**
     * As {@link #of(int[], BitSet, Given, int)}, and can be ended between passes.
     *
     * @param ids the text
     * @param asked its positions that are asked about, at least one
     * @param given what the model sees
     * @param batch positions of one pass, at least 1
     * @param cancellation is asked before each pass
     * @return {@code ln p} of each token that is asked about, nats
     * @throws InputException as there
     * @throws java.util.concurrent.CancellationException if the cancellation says so
     */
    public double[] of(int[] ids, BitSet asked, Given given, int batch, Cancellation cancellation) {
        Expect.atLeast("batch", batch, 1);
        Expect.ids("text", ids, denoiser.vocabulary());
        Expect.that(
                Arrays.stream(ids).noneMatch(id -> id == denoiser.maskToken()),
                "text: found the mask token, %d, expected tokens of text",
                denoiser.maskToken());
        Expect.fits("text", ids.length, denoiser.maxLength());
        int[] positions = asked.stream().toArray();
        Expect.that(
                positions.length > 0 && positions[positions.length - 1] < ids.length,
                "text: found no positions of it that are asked about");
        int together = Math.min(batch, positions.length);
        double[] found = new double[positions.length];
        for (int first = 0; first < positions.length; first += together) {
            List<Denoiser.Scored> texts = new ArrayList<>();
            for (int i = first; i < Math.min(positions.length, first + together); i++) {
                texts.add(masked(ids, asked, positions[i], given));
            }
            cancellation.check("measuring how likely tokens are");
            float[] losses = denoiser.crossEntropy(together, texts, 0);
            for (int i = 0; i < texts.size(); i++) {
                Expect.prediction(losses[i]);
                found[first + i] = -losses[i];
            }
        }
        return found;
    }

    private Denoiser.Scored masked(int[] ids, BitSet asked, int position, Given given) {
        int[] seen = ids.clone();
        if (given == Given.BEFORE) {
            asked.stream().filter(i -> i >= position).forEach(i -> seen[i] = denoiser.maskToken());
        }
        seen[position] = denoiser.maskToken();
        return new Denoiser.Scored(seen, new BitSet(), new int[] {position}, new int[] {ids[position]});
    }
}
