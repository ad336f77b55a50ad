package dev.unmask.sample;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Fills blanks anywhere in a text: {@code The capital of ____ is ____.}
 *
 * <p>A blank is
 *
 * <ul>
 *   <li>three or more underscores, which take as many tokens as the settings say, or
 *   <li>{@code [MASK]}, or the mask token as the tokenizer writes it, which stands for one token; masks without
 *       anything between them are one blank of as many tokens.
 * </ul>
 *
 * <p>{@code :n} directly behind underscores or one mask, {@code n} in digits, says how many tokens to fill in: {@code
 * ____:3}. The number must be from 1 to the model's length.
 *
 * <p>{@code :n-m} lets the model choose how many, from {@code n} to {@code m}: each size is filled in, and that one is
 * taken whose tokens are the most probable on average. <code>{cat|dog}</code> directly behind a blank lets it choose
 * between texts, of any lengths: each is scored exactly, by the probabilities of its tokens from left to right, with
 * the other blanks empty. At most {@value BlankReader#MOST_VARIANTS} combinations are compared.
 *
 * <p>{@code :*} behind a blank says that nothing is known of its size, {@code :n-*} that it is at least {@code n}. At
 * the end of a text the blank goes on until the model places the token that ends a text; anywhere else the text behind
 * it is its end, and sizes are tried like those of a range: each twice the one before, then closer and closer to the
 * best one. At most {@value #LONGEST_AT_END} tokens at the end, and {@value BlankReader#LONGEST_UNKNOWN} elsewhere, are
 * filled in, or as many more than the least, less one: a model that never ends a text is not asked for longer.
 *
 * <p>A kind of token in braces restricts a blank of any size to tokens made of nothing else: <code>{digits}</code>,
 * <code>{letters}</code> (one word), <code>{words}</code> (letters and the spaces between words).
 *
 * <p>A backslash makes text of what follows it: {@code \____} and {@code \[MASK]} are no blanks, {@code ____\:30} is a
 * blank followed by {@code :30}, <code>____\{digits}</code> one followed by <code>{digits}</code>; in a choice it does
 * so before bars, braces and backslashes. Where one stands before a blank, it is doubled: {@code \\____}. Backslashes
 * anywhere else are text.
 *
 * <p>Where a tokenizer has tokens that begin and end every text, as BERT's have, they stand around it and are no part
 * of what is printed.
 *
 * <p>Where words have tokens that begin with their space, a space before a blank is left to its first token. Ids that
 * stand for no token of the tokenizer are never filled in.
 */
public final class FillIn {
    /** Tokens of a blank of unknown size at the end of a text, if the model does not end it before. */
    public static final int LONGEST_AT_END = 64;

    private final MaskedSampler sampler;
    private final TextTokenizer tokenizer;
    private final Set<Integer> unassigned;
    private final BlankReader reader;

    /**
     * Fills blanks with a model's words.
     *
     * @param model a masked model
     * @throws InputException if the model is causal
     */
    public FillIn(LanguageModel model) {
        this(masked(model), model.tokenizer());
    }

    /**
     * Fills blanks with a model's words.
     *
     * @param sampler samples from the model
     * @param tokenizer the tokenizer that the model was trained with
     * @throws InputException if the tokenizer has more tokens than the model
     */
    public FillIn(MaskedSampler sampler, TextTokenizer tokenizer) {
        Expect.that(
                tokenizer.vocabulary() <= sampler.denoiser().vocabulary(),
                "tokenizer: found %d tokens, expected at most the model's %d; use the one the model was trained with",
                tokenizer.vocabulary(),
                sampler.denoiser().vocabulary());
        this.sampler = sampler;
        this.tokenizer = tokenizer;
        this.unassigned = tokenizer.unassigned(sampler.denoiser().vocabulary());
        this.reader = new BlankReader(tokenizer, sampler.denoiser().maskToken(), sampler.denoiser().maxLength());
    }

    private static MaskedSampler masked(LanguageModel model) {
        Expect.masked("filling blanks", model.config());
        return new MaskedSampler(model);
    }

    /**
     * Fills the blanks of a text in one way, a token a pass.
     *
     * @param text with at least one blank
     * @return the filling
     * @throws InputException if there is no blank, one is malformed, or the text is too long for the model
     */
    public Filling fill(String text) {
        return fill(text, FillSettings.defaults()).getFirst();
    }

    /**
     * Fills the blanks of a text.
     *
     * @param text with at least one blank
     * @param settings how to fill it
     * @return different fillings, the most confident first; at least one
     * @throws InputException if there is no blank, one is malformed, or the text is too long for the model
     */
    public List<Filling> fill(String text, FillSettings settings) {
        return fill(text, settings, SamplingListener.NONE);
    }

    /**
     * Fills the blanks of a text and tells of every step. Where there are choices, or blanks of several sizes, these
     * are the steps of one reading of the text after the other; each has a length of its own.
     *
     * @param text with at least one blank
     * @param settings how to fill it
     * @param listener sees every step; as long as it is not known how many there are, it is told how many there are at
     *     least
     * @return different fillings, the most confident first; at least one
     * @throws InputException if there is no blank, one is malformed, or the text is too long for the model
     */
    public List<Filling> fill(String text, FillSettings settings, SamplingListener listener) {
        return fill(read(text, settings), listener);
    }

    /**
     * Fills the blanks of a text that was read, and tells of every step, as {@link #fill(String, FillSettings,
     * SamplingListener)} does.
     *
     * @param reading of this model
     * @param listener sees every step
     * @return different fillings, the most confident first; at least one
     * @throws java.util.concurrent.CancellationException if the listener says so
     */
    public List<Filling> fill(Reading reading, SamplingListener listener) {
        FillSettings settings = reading.settings;
        SamplerSettings sampling = reading.sampler();
        Phases phases = new Phases(listener);
        BlankFiller filler = new BlankFiller(sampler, tokenizer, sampling, phases);
        BlankText first = reading.variants.getFirst();
        if (first.open()) {
            return new OpenBlanks(sampler.denoiser(), filler, sampling, phases)
                    .fill(
                            reading.variants,
                            settings.alternatives(),
                            (picks, sizes) -> reader.resized(reading.text, settings.tokensPerBlank(), picks, sizes));
        }
        return filler.fill(first, first.ids(), new float[first.ids().length], 0, settings.alternatives());
    }

    /**
     * Fills the blanks of many texts, some of like lengths at a time. Each is filled as {@link #fill(String,
     * FillSettings)} fills it alone.
     *
     * @param texts each with at least one blank
     * @param settings how to fill them
     * @param batch how many texts go through the model together, at least 1
     * @return of each text, in their order, different fillings, the most confident first
     * @throws InputException if a text has no blank, one is malformed, or a text is too long for the model
     */
    public List<List<Filling>> fill(List<String> texts, FillSettings settings, int batch) {
        Expect.atLeast("batch", batch, 1);
        List<Reading> readings = texts.stream().map(text -> read(text, settings)).toList();
        List<List<Filling>> filled = new ArrayList<>(Collections.nCopies(texts.size(), List.of()));
        List<Integer> plain = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            if (readings.get(i).single()) {
                plain.add(i);
            } else {
                filled.set(i, fill(readings.get(i), SamplingListener.NONE));
            }
        }
        plain.sort(Comparator.comparingInt(i -> readings.get(i).variants.getFirst().ids().length));
        BlankFiller filler =
                new BlankFiller(
                        sampler,
                        tokenizer,
                        settings.sampler().withBannedTokens(banned(settings)),
                        SamplingListener.NONE);
        for (int first = 0; first < plain.size(); first += batch) {
            List<Integer> together = plain.subList(first, Math.min(plain.size(), first + batch));
            List<Filling> found =
                    filler.together(together.stream().map(i -> readings.get(i).variants.getFirst()).toList());
            for (int i = 0; i < found.size(); i++) {
                filled.set(together.get(i), List.of(found.get(i)));
            }
        }
        return filled;
    }

    /**
     * A text that was read. Where it is {@link #single}, whoever samples batches of their own may do it: a sample of
     * {@link #sequence} by {@link #sampler} becomes the filling that {@link FillIn#fill(Reading, SamplingListener)}
     * gives.
     */
    public final class Reading {
        private final String text;
        private final List<BlankText> variants;
        private final FillSettings settings;

        private Reading(String text, List<BlankText> variants, FillSettings settings) {
            this.text = text;
            this.variants = variants;
            this.settings = settings;
        }

        /**
         * Whether one sampling fills the text, because no alternatives are searched for, and the model does not choose
         * between sizes or texts.
         *
         * @return whether there is one sequence
         */
        public boolean single() {
            return settings.alternatives() == 1 && !variants.getFirst().open();
        }

        /**
         * The text with masks in its blanks; if the model chooses between several sizes or texts, the first of them.
         *
         * @param stream tells its random numbers from those of others with the same seed; {@code fill} takes 0
         * @return the sequence
         */
        public MaskedSequence sequence(int stream) {
            BlankText first = variants.getFirst();
            return MaskedSequence.infilling(first.ids(), sampler.denoiser().maskToken(), stream)
                    .withAllowed(first.allowed());
        }

        /**
         * How it is sampled.
         *
         * @return the settings' sampler, and the tokens that no blank may be filled with
         */
        public SamplerSettings sampler() {
            return settings.sampler().withBannedTokens(banned(settings));
        }

        /**
         * Puts a sample back into the text.
         *
         * @param sample of {@link #sequence}
         * @return the filling
         */
        public Filling filling(Sample sample) {
            return BlankFiller.filling(tokenizer, sample, variants.getFirst());
        }
    }

    /**
     * Reads a text with blanks.
     *
     * @param text with at least one blank
     * @param settings how to fill it
     * @return its tokens
     * @throws InputException if there is no blank, one is malformed, or the text is too long for the model
     */
    public Reading read(String text, FillSettings settings) {
        return new Reading(text, reader.variants(text, settings.tokensPerBlank()), settings);
    }

    /**
     * Reads what stands before and behind a single blank, whatever signs are in it.
     *
     * @param before text before the blank, possibly none
     * @param after text behind it, possibly none
     * @param settings how to fill it; the blank takes its tokens per blank
     * @return its tokens
     * @throws InputException if the text is too long for the model
     */
    public Reading between(String before, String after, FillSettings settings) {
        return new Reading("", List.of(reader.between(before, after, settings.tokensPerBlank())), settings);
    }

    /**
     * Takes tokens some of which are to be found.
     *
     * @param ids {@code [T]}: tokens and mask tokens
     * @param settings how to fill it
     * @return the tokens, with a blank wherever masks stand side by side
     * @throws InputException if an id is not of the model, or nothing is masked
     */
    public Reading masked(int[] ids, FillSettings settings) {
        Expect.ids("tokens", ids, sampler.denoiser().embeddingRows());
        Expect.fits("tokens", ids.length, sampler.denoiser().maxLength());
        BlankText text = reader.masked(ids);
        Expect.that(!text.blanks().isEmpty(), "tokens: found no mask token among them, expected at least one");
        return new Reading("", List.of(text), settings);
    }

    /**
     * How long a text is, its blanks as long as they are to be filled.
     *
     * @param text with at least one blank
     * @param tokensPerBlank tokens of a blank that does not say
     * @return tokens, at most as many as the model takes
     * @throws InputException if there is no blank, one is malformed, or the text is too long for the model
     */
    public int length(String text, int tokensPerBlank) {
        int length =
                reader.variants(text, tokensPerBlank).stream().mapToInt(read -> read.ids().length).max().orElseThrow();
        Expect.fits("tokens of the text", length, sampler.denoiser().maxLength());
        return length;
    }

    private Set<Integer> banned(FillSettings settings) {
        Set<Integer> banned = new HashSet<>(settings.sampler().bannedTokens());
        banned.addAll(unassigned);
        if (!settings.allowSpecial()) {
            banned.addAll(tokenizer.special());
        }
        return banned;
    }
}
