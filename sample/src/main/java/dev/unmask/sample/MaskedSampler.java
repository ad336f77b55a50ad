package dev.unmask.sample;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Samples from a masked diffusion model (METHOD §4): a prompt to be continued or a text with gaps, by ancestral
 * sampling or in the order of the model's confidence, with temperature and classifier-free guidance.
 *
 * <p>Each step is one recorded program that goes from token ids to proposed tokens; logits stay on the device, and the
 * head is computed only at the positions that the step can unmask. A step that cannot unmask anything costs nothing:
 * the model has no time input, so such a pass would change nothing.
 *
 * <p>Used by one thread at a time, as its backend is.
 */
public final class MaskedSampler {
    private final ModelConfig config;
    private final RecentlyUsed<ProposalPass.Form, ProposalPass> passes;
    private final RecentlyUsed<GuidedPass.Form, LogitPass> logitPasses;

    /** A beam is this much wider than what is asked for, or {@link #LEAST_WIDTH}. */
    private static final int SPARE_WIDTH = 2;

    private static final int LEAST_WIDTH = 8;

    /** Sequences of a beam that go through the model together. */
    private static final int BEAM_BATCH = 16;

    /**
     * A sampler in float32.
     *
     * @param backend owns the model's weights
     * @param model a masked model
     * @throws IllegalStateException if the model is causal
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
     * @throws IllegalStateException if the model is causal
     */
    public MaskedSampler(Backend backend, Transformer model, Precision precision) {
        this.config = model.config();
        config.maskToken();
        this.passes =
                new RecentlyUsed<>(
                        form -> new ProposalPass(backend, model, precision, form), ProposalPass::temporaryBytes);
        this.logitPasses = new RecentlyUsed<>(form -> new LogitPass(backend, model, precision, form), LogitPass::bytes);
    }

    /**
     * The sizes of the model that is sampled.
     *
     * @return its configuration
     */
    public ModelConfig config() {
        return config;
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
     */
    public List<Sample> sample(List<MaskedSequence> sequences, SamplerSettings settings, SamplingListener listener) {
        sequences.forEach(this::require);
        Expect.atLeast("batch", sequences.size(), 1);
        BannedTokens.require(settings.bannedTokens(), config.vocabulary());
        List<Canvas> canvases = sequences.stream().map(sequence -> new Canvas(sequence, config.maskToken())).toList();
        int length = sequences.stream().mapToInt(MaskedSequence::length).max().orElseThrow();
        boolean guided = settings.guidance() > 0 && canvases.stream().anyMatch(c -> !c.prompt().isEmpty());
        ProposalPass.Form form =
                new ProposalPass.Form(
                        new GuidedPass.Form(canvases.size(), length, guided), !settings.bannedTokens().isEmpty());
        Schedule schedule = new Schedule(canvases, settings, config.maxLength());
        for (int step = 0; step < schedule.steps() && !schedule.done(); step++) {
            List<BitSet> before = canvases.stream().map(c -> (BitSet) c.masked().clone()).toList();
            List<Group> groups = schedule.groups(step, length);
            if (!groups.isEmpty()) {
                unmask(canvases, groups, passes.get(form), step, settings);
            }
            listener.onStep(
                    new SamplingStep(
                            step,
                            schedule.steps(),
                            IntStream.range(0, canvases.size())
                                    .mapToObj(i -> canvases.get(i).progress(before.get(i)))
                                    .toList()));
        }
        return canvases.stream().map(Canvas::sample).toList();
    }

    /**
     * Finds the likeliest completions of a sequence. Where one position is masked these are the most probable tokens,
     * found in one pass; else a beam search fills the positions in the order in which {@link #sample} would, one by
     * one, and a completion counts the product of the probabilities of its tokens, each given those filled before.
     *
     * @param sequence the sequence
     * @param most how many completions at most, at least 1
     * @param settings guidance and banned tokens, and the rule that the order comes from: any but ancestral, at
     *     temperature 0 and one position a step
     * @return different completions, the likeliest first; the evaluations of each are those of the whole search
     * @throws InputException if the sequence or the settings do not fit; the message says how
     */
    public List<Sample> likeliest(MaskedSequence sequence, int most, SamplerSettings settings) {
        Expect.atLeast("completions", most, 1);
        BeamSearch.require(settings);
        require(sequence);
        BannedTokens.require(settings.bannedTokens(), config.vocabulary());
        int[] ids = sequence.ids();
        int[] masked = IntStream.range(0, ids.length).filter(i -> ids[i] == config.maskToken()).toArray();
        if (masked.length < 2) {
            return search(sequence, masked, most, settings, Optional.empty());
        }
        IntStream.Builder order = IntStream.builder();
        Sample greedy =
                sample(
                                List.of(sequence),
                                settings,
                                step -> Arrays.stream(step.sequences().getFirst().unmasked()).forEach(order::add))
                        .getFirst();
        return search(sequence, order.build().toArray(), most, settings, Optional.of(greedy));
    }

    private List<Sample> search(
            MaskedSequence sequence, int[] order, int most, SamplerSettings settings, Optional<Sample> greedy) {
        int width = order.length < 2 ? most : Math.max(SPARE_WIDTH * most, LEAST_WIDTH);
        boolean guided = settings.guidance() > 0 && !sequence.prompt().isEmpty();
        int[] evaluations = {greedy.map(Sample::evaluations).orElse(0)};
        BeamSearch.Model asked =
                (sequences, position, rows) -> {
                    evaluations[0] += (guided ? 2 : 1) * sequences.size();
                    logits(sequences, sequence.prompt(), position, guided ? settings.guidance() : 0, rows);
                };
        List<BeamSearch.Hypothesis> found =
                new ArrayList<>(new BeamSearch(asked, settings.bannedTokens(), width).fill(sequence.ids(), order));
        // A beam may lose what the sampler finds.
        greedy.filter(sample -> found.stream().noneMatch(h -> Arrays.equals(h.ids(), sample.ids())))
                .ifPresent(sample -> found.add(BeamSearch.Hypothesis.of(sample)));
        return found.stream()
                .sorted(Comparator.comparingDouble(hypothesis -> -hypothesis.score()))
                .limit(most)
                .map(hypothesis -> new Sample(hypothesis.ids(), hypothesis.logConfidence(), evaluations[0]))
                .toList();
    }

    private void logits(List<int[]> sequences, BitSet prompt, int position, double guidance, BeamSearch.Rows rows) {
        float[] row = new float[config.vocabulary()];
        int batch = Math.min(sequences.size(), BEAM_BATCH);
        GuidedPass.Form form = new GuidedPass.Form(batch, sequences.getFirst().length, guidance > 0, batch);
        LogitPass pass = logitPasses.get(form);
        for (int first = 0; first < sequences.size(); first += batch) {
            List<int[]> part = sequences.subList(first, Math.min(first + batch, sequences.size()));
            pass.run(part, prompt, position, guidance);
            for (int i = 0; i < part.size(); i++) {
                pass.logits(i, row);
                rows.row(first + i, row);
            }
        }
    }

    private void require(MaskedSequence sequence) {
        Expect.fits("sequence length", sequence.length(), config.maxLength());
        Expect.ids("sequence", sequence.ids(), config.embeddingRows());
        Expect.that(
                sequence.stream() < Integer.MAX_VALUE / config.maxLength(),
                "stream: found %d, expected less than %d",
                sequence.stream(),
                Integer.MAX_VALUE / config.maxLength());
    }

    private void unmask(
            List<Canvas> canvases, List<Group> groups, ProposalPass pass, int step, SamplerSettings settings) {
        for (Canvas canvas : ask(canvases, groups, pass)) {
            canvas.evaluated(settings.guidance() > 0 && !canvas.prompt().isEmpty());
        }
        pass.run(settings, step);
        int length = pass.length();
        int[] tokens = pass.tokens();
        float[] logConfidence = pass.logConfidence();
        float[] scores = pass.scores(settings.rule());
        int from = 0;
        for (Group group : groups) {
            int[] places = group.places();
            for (int entry : Group.best(scores, from, places.length, group.take())) {
                int place = places[entry - from];
                canvases.get(place / length).unmask(place % length, tokens[entry], logConfidence[entry]);
            }
            from += places.length;
        }
    }

    /**
     * Asks for a proposal at each place of the groups, one entry after the other; returns the sequences asked about.
     */
    private Set<Canvas> ask(List<Canvas> canvases, List<Group> groups, ProposalPass pass) {
        int length = pass.length();
        pass.clear();
        for (int i = 0; i < canvases.size(); i++) {
            pass.put(i, canvases.get(i).ids(), canvases.get(i).prompt());
        }
        Set<Canvas> asked = new LinkedHashSet<>();
        for (Group group : groups) {
            for (int place : group.places()) {
                Canvas canvas = canvases.get(place / length);
                pass.ask(place / length, place % length, canvas.key(place % length, config.maxLength()));
                asked.add(canvas);
            }
        }
        return asked;
    }
}
