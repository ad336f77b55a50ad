package dev.unmask.sample;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;

import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A masked transformer as its samplers ask it, by recorded programs that are kept. */
final class TransformerDenoiser implements Denoiser {
    /** Lengths are rounded up to a multiple of this, so that a few programs serve sequences of all lengths. */
    static final int LENGTH_STEP = 16;

    /** Sequences of a beam that go through the model together. */
    private static final int BEAM_BATCH = 16;

    private final ModelConfig config;
    private final RecentlyUsed<ProposalPass.Form, ProposalPass> passes;
    private final RecentlyUsed<GuidedPass.Form, LogitPass> logitPasses;
    private final RecentlyUsed<GuidedPass.Form, ScoringPass> scoringPasses;
    private final RecentlyUsed<CachedModel.Form, CachedModel> cachedModels;
    private Computed computed = Computed.NOTHING;

    /** Refuses a causal model. */
    TransformerDenoiser(Backend backend, Transformer model, Precision precision) {
        this.config = model.config();
        Expect.masked("masked sampling and likelihood", config);
        this.passes =
                new RecentlyUsed<>(
                        form -> new ProposalPass(backend, model, precision, form), ProposalPass::temporaryBytes);
        this.logitPasses = new RecentlyUsed<>(form -> new LogitPass(backend, model, precision, form), LogitPass::bytes);
        this.cachedModels =
                new RecentlyUsed<>(form -> new CachedModel(backend, model, precision, form), CachedModel::bytes);
        this.scoringPasses =
                new RecentlyUsed<>(
                        form -> new ScoringPass(backend, model, precision, form), ScoringPass::temporaryBytes);
    }

    @Override
    public int vocabulary() {
        return config.vocabulary();
    }

    @Override
    public int embeddingRows() {
        return config.embeddingRows();
    }

    @Override
    public int maskToken() {
        return config.maskToken();
    }

    @Override
    public Computed computed() {
        return computed;
    }

    @Override
    public int blockLength() {
        return config.network().blockLength();
    }

    @Override
    public int maxLength() {
        return config.maxLength();
    }

    private int rounded(int length) {
        return Math.min(config.maxLength(), Math.ceilDiv(length, LENGTH_STEP) * LENGTH_STEP);
    }

    @Override
    public Session open(int batch, int length, SamplerSettings settings) {
        int padded = rounded(length);
        LogitFilters filters = settings.filters().withBanned(settings.bannedTokens());
        Restrictions restrictions = new Restrictions();
        if (settings.caching() != Caching.NONE) {
            return cached(batch, padded, filters, settings, restrictions);
        }
        return (queries, guidance, step) -> {
            restrictions.note(queries);
            FilterStage.Form filtering = FilterStage.Form.of(filters, restrictions.sets().size());
            GuidedPass.Form form = new GuidedPass.Form(batch, padded, guidance > 0);
            ProposalPass pass = passes.get(new ProposalPass.Form(form, filtering));
            pass.clear();
            for (Query query : queries) {
                pass.put(query.place(), query.ids(), query.prompt());
                computed = computed.plus(query.ids().length, query.positions().length, guidance > 0);
                for (int position : query.positions()) {
                    int kind = restrictions.kind(query, position);
                    pass.ask(query.place(), position, query.firstKey() + position, kind);
                }
            }
            return pass.run(filters, restrictions.sets(), guidance, settings.seed(), step);
        };
    }

    private Session cached(
            int batch, int length, LogitFilters filters, SamplerSettings settings, Restrictions restrictions) {
        Set<CachedModel> used = new HashSet<>();
        return (queries, guidance, step) -> {
            restrictions.note(queries);
            FilterStage.Form filtering = FilterStage.Form.of(filters, restrictions.sets().size());
            CachedModel model = cachedModels.get(new CachedModel.Form(batch, length, guidance > 0, filtering));
            if (used.add(model)) {
                model.forget();
            }
            long before = model.computedPositions();
            Proposals proposals = model.propose(queries, settings, filters, restrictions, guidance, step);
            int entries = queries.stream().mapToInt(query -> query.positions().length).sum();
            computed = computed.plus(model.computedPositions() - before, entries, guidance > 0);
            return proposals;
        };
    }

    @Override
    public float[] crossEntropy(int batch, List<Scored> texts, double guidance) {
        int longest = texts.stream().mapToInt(text -> text.ids().length).max().orElseThrow();
        ScoringPass pass = scoringPasses.get(new GuidedPass.Form(batch, rounded(longest), guidance > 0));
        pass.clear();
        for (int i = 0; i < texts.size(); i++) {
            Scored text = texts.get(i);
            pass.put(i, text.ids(), text.prompt());
            for (int j = 0; j < text.positions().length; j++) {
                pass.ask(i, text.positions()[j], text.tokens()[j]);
            }
        }
        return pass.run(guidance);
    }

    @Override
    public void logits(List<int[]> sequences, BitSet prompt, int position, double guidance, Rows rows) {
        float[] row = new float[config.vocabulary()];
        int batch = Math.min(sequences.size(), BEAM_BATCH);
        int length = rounded(sequences.getFirst().length);
        LogitPass pass = logitPasses.get(new GuidedPass.Form(batch, length, guidance > 0, batch));
        for (int first = 0; first < sequences.size(); first += batch) {
            List<int[]> part = sequences.subList(first, Math.min(first + batch, sequences.size()));
            pass.run(part, prompt, position, guidance);
            for (int i = 0; i < part.size(); i++) {
                pass.logits(i, row);
                rows.row(first + i, row);
            }
        }
    }
}
