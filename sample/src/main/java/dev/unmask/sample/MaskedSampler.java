package dev.unmask.sample;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * Samples from a masked diffusion model (METHOD §4): a prompt to be continued or a text with gaps, by rules that {@link
 * SamplerSettings} puts together.
 *
 * <p>Each step is one recorded program that goes from token ids to proposed tokens; logits stay on the device, and the
 * head is computed only at the positions that the step can unmask. A step that cannot unmask anything costs nothing:
 * the model has no time input, so such a pass would change nothing.
 *
 * <p>Used by one thread at a time, as its backend is.
 */
public final class MaskedSampler {
    private final Denoiser denoiser;
    private final LongSupplier nanoTime;

    /**
     * A sampler.
     *
     * @param model a masked model
     * @throws InputException if the model is causal
     */
    public MaskedSampler(LanguageModel model) {
        this(model.backend(), model.transformer(), model.precision());
    }

    /**
     * A sampler in float32.
     *
     * @param backend owns the model's weights
     * @param model a masked model
     * @throws InputException if the model is causal
     */
    public MaskedSampler(Backend backend, Transformer model) {
        this(backend, model, Precision.F32);
    }

    /**
     * A sampler.
     *
     * @param backend owns the model's weights
     * @param model a masked model
     * @param precision what the operands of matrix products are rounded to
     * @throws InputException if the model is causal
     */
    public MaskedSampler(Backend backend, Transformer model, Precision precision) {
        this(new TransformerDenoiser(backend, model, precision));
    }

    /**
     * A sampler from whatever knows which tokens may stand at masked positions.
     *
     * @param denoiser is asked in every step
     */
    public MaskedSampler(Denoiser denoiser) {
        this(denoiser, System::nanoTime);
    }

    MaskedSampler(Denoiser denoiser, LongSupplier nanoTime) {
        this.denoiser = denoiser;
        this.nanoTime = nanoTime;
    }

    /**
     * What is asked in every step.
     *
     * @return who knows which tokens may stand where
     */
    public Denoiser denoiser() {
        return denoiser;
    }

    /**
     * Completes a batch of sequences.
     *
     * @param sequences of any lengths, at least one
     * @param settings how to sample
     * @return the completed sequences, in the order of the batch
     * @throws InputException if a sequence or a banned token does not fit the model; the message says how
     */
    public List<Sample> sample(List<MaskedSequence> sequences, SamplerSettings settings) {
        return sample(sequences, settings, SamplingListener.NONE);
    }

    /**
     * Completes a batch of sequences and tells of every step.
     *
     * @param sequences of any lengths, at least one
     * @param settings how to sample
     * @param listener sees every step
     * @return the completed sequences, in the order of the batch
     * @throws InputException if a sequence or a banned token does not fit the model; the message says how
     * @throws java.util.concurrent.CancellationException if the listener says so
     */
    public List<Sample> sample(List<MaskedSequence> sequences, SamplerSettings settings, SamplingListener listener) {
        Expect.atLeast("batch", sequences.size(), 1);
        SamplerSettings asked = inBlocks(withoutMask(settings));
        BannedTokens.require(asked.bannedTokens(), denoiser.vocabulary());
        sequences.forEach(sequence -> require(sequence, asked));
        return new SamplingLoop(denoiser, sequences, asked, listener, nanoTime).run();
    }

    /** A model of blocks fills one after the other, whose earlier ones do not see later ones. */
    private SamplerSettings inBlocks(SamplerSettings settings) {
        int block = denoiser.blockLength();
        Expect.that(
                block > 0 || settings.caching() != Caching.EXACT,
                "cache: found exact, expected one of none, prefix, dual, delayed: in this model every position sees"
                        + " every other, so that no key or value stays exact");
        return block > 0 && settings.blocks().equals(Blocks.WHOLE) && settings.scope() == SelectionScope.SEQUENCE
                ? settings.withBlocks(Blocks.of(block))
                : settings;
    }

    /** A mask token that is one of the vocabulary is never chosen. */
    private SamplerSettings withoutMask(SamplerSettings settings) {
        if (denoiser.maskToken() >= denoiser.vocabulary()) {
            return settings;
        }
        Set<Integer> banned = new HashSet<>(settings.filters().banned());
        banned.add(denoiser.maskToken());
        return settings.withBannedTokens(banned);
    }

    /**
     * Finds the likeliest completions of a sequence. Where one position is masked these are the most probable tokens,
     * found in one pass; else a beam search fills the positions in the order in which {@link #sample} would, one by
     * one, and a completion counts the product of the probabilities of its tokens, each given those filled before.
     *
     * @param sequence the sequence
     * @param most how many completions at most, at least 1
     * @param asked guidance and banned tokens, and the rule that the order comes from: any but ancestral, at
     *     temperature 0 and one position a step
     * @return different completions, the likeliest first; the evaluations of each are those of the whole search
     * @throws InputException if the sequence or the settings do not fit; the message says how
     */
    public List<Sample> likeliest(MaskedSequence sequence, int most, SamplerSettings asked) {
        return likeliest(sequence, most, asked, SamplingListener.NONE);
    }

    /**
     * Finds the likeliest completions of a sequence, as {@link #likeliest(MaskedSequence, int, SamplerSettings)} does,
     * and tells of every step.
     *
     * @param sequence the sequence
     * @param most how many completions at most, at least 1
     * @param asked as there
     * @param listener sees the steps of the sampler, which find the order, then those of the search: the best
     *     completion so far
     * @return different completions, the likeliest first
     * @throws InputException if the sequence or the settings do not fit; the message says how
     * @throws java.util.concurrent.CancellationException if the listener says so
     */
    public List<Sample> likeliest(MaskedSequence sequence, int most, SamplerSettings asked, SamplingListener listener) {
        Expect.atLeast("completions", most, 1);
        Route route = route(sequence, asked, listener);
        List<Sample> found =
                new LikeliestSearch(denoiser, sequence, inBlocks(withoutMask(asked)), listener)
                        .along(route, most, route.evaluations());
        return found.subList(0, Math.min(most, found.size()));
    }

    /**
     * The way that a search goes.
     *
     * @param order the masked positions in the order in which the sampler fills them
     * @param greedy what it fills them with; empty where fewer than two are masked, so that there is nothing to order
     */
    record Route(int[] order, Optional<Sample> greedy) {
        /** Passes that it took to find it. */
        int evaluations() {
            return greedy.map(Sample::evaluations).orElse(0);
        }
    }

    /** Finds the way that a search goes. */
    Route route(MaskedSequence sequence, SamplerSettings asked, SamplingListener listener) {
        SamplerSettings settings = inBlocks(withoutMask(asked));
        BeamSearch.require(settings);
        BannedTokens.require(settings.bannedTokens(), denoiser.vocabulary());
        require(sequence, settings);
        int[] ids = sequence.ids();
        int[] masked = IntStream.range(0, ids.length).filter(i -> ids[i] == denoiser.maskToken()).toArray();
        if (masked.length < 2) {
            return new Route(masked, Optional.empty());
        }
        IntStream.Builder order = IntStream.builder();
        Sample greedy =
                sample(
                                List.of(sequence),
                                settings,
                                Relay.of(
                                        listener,
                                        step ->
                                                Arrays.stream(step.sequences().getFirst().unmasked())
                                                        .forEach(order::add)))
                        .getFirst();
        return new Route(order.build().toArray(), Optional.of(greedy));
    }

    /**
     * Searches along a way that is known: all completions that the search for so many comes by, some more than that.
     *
     * @param evaluations passes that there were before, which are those of the completions too
     */
    List<Sample> along(
            Route route,
            MaskedSequence sequence,
            int most,
            int evaluations,
            SamplerSettings asked,
            SamplingListener listener) {
        return new LikeliestSearch(denoiser, sequence, inBlocks(withoutMask(asked)), listener)
                .along(route, most, evaluations);
    }

    private void require(MaskedSequence sequence, SamplerSettings settings) {
        Restrictions.require(sequence.allowed(), settings, denoiser.vocabulary());
        Expect.fits("sequence length", sequence.length(), denoiser.maxLength());
        Expect.ids("sequence", sequence.ids(), denoiser.embeddingRows());
        Expect.that(
                sequence.stream() < Integer.MAX_VALUE / denoiser.maxLength(),
                "stream: found %d, expected less than %d",
                sequence.stream(),
                Integer.MAX_VALUE / denoiser.maxLength());
    }
}
