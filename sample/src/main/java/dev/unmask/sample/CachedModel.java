package dev.unmask.sample;

import dev.unmask.model.KeyValueCache;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** A cache of keys and values of a batch, and the programs that fill it and go on from it. */
final class CachedModel {
    /** What programs are recorded for. */
    record Form(int batch, int length, boolean guided, FilterStage.Form filters) {}

    /** Programs for so many sizes of windows serve all. */
    private static final int SIZES = 8;

    private static final int LEAST_ROWS = 4;

    private final Form form;
    private final int maskToken;
    private final boolean shifted;
    private final KeyValueCache cache;
    private final RecentlyUsed<Integer, ProposalPass> passes;
    private final int[] blocks;
    private final int[] since;
    private final int[][] held;
    private final int block;
    private long computedPositions;

    CachedModel(Backend backend, Transformer model, Precision precision, Form form) {
        this.form = form;
        this.maskToken = model.config().maskToken();
        this.shifted = model.config().network().shiftedLogits();
        WindowPass.Form whole = new WindowPass.Form(form.batch, form.length, form.guided, form.length);
        this.cache = KeyValueCache.allocate(backend, model.config(), whole.sequences(), whole.room(), 1);
        this.passes =
                new RecentlyUsed<>(
                        step -> {
                            WindowPass.Form window = new WindowPass.Form(form.batch, form.length, form.guided, step);
                            return ProposalPass.cached(
                                    backend,
                                    model,
                                    precision,
                                    window,
                                    form.filters,
                                    cache.forStep(backend, window.sequences(), step));
                        },
                        ProposalPass::temporaryBytes);
        this.blocks = new int[form.batch];
        this.since = new int[form.batch];
        this.held = new int[form.batch][];
        this.block = model.config().network().blockLength();
    }

    /** What it holds on the device. */
    long bytes() {
        return passes.bytes() + cache.layers().stream().mapToLong(Tensor::bytes).sum();
    }

    /** Forgets what the cache holds. */
    void forget() {
        Arrays.fill(blocks, -1);
        Arrays.fill(held, null);
    }

    /** What one pass is about, beside its questions. */
    private record Round(LogitFilters filters, Restrictions restrictions, double guidance, long seed, int step) {}

    private record Computed(Denoiser.Query query, int firstEntry, BitSet positions) {}

    /** Asks, in one pass for windows and one for whole sequences at the most. */
    Proposals propose(
            List<Denoiser.Query> queries,
            SamplerSettings settings,
            LogitFilters filters,
            Restrictions restrictions,
            double guidance,
            int step) {
        Round round = new Round(filters, restrictions, guidance, settings.seed(), step);
        List<Computed> whole = new ArrayList<>();
        List<Computed> windows = new ArrayList<>();
        int entries = 0;
        for (Denoiser.Query query : queries) {
            BitSet positions = fresh(query, settings.caching());
            boolean all = positions.cardinality() == query.ids().length;
            (all ? whole : windows).add(new Computed(query, entries, positions));
            entries += query.positions().length;
            note(query, positions, all);
        }
        if (whole.isEmpty() || windows.isEmpty()) {
            return run(whole.isEmpty() ? windows : whole, round);
        }
        JoinedProposals joined = new JoinedProposals(entries);
        for (List<Computed> part : List.of(whole, windows)) {
            // Both parts may be runs of one program, so that what the first says is taken over before the second.
            Proposals found = run(part, round);
            int entry = 0;
            for (Computed computed : part) {
                for (int i = 0; i < computed.query.positions().length; i++) {
                    joined.put(computed.firstEntry + i, found, entry++);
                }
            }
        }
        return joined;
    }

    private BitSet fresh(Denoiser.Query query, Caching caching) {
        int place = query.place();
        BitSet positions = new BitSet(query.ids().length);
        if (held[place] == null) {
            held[place] = new int[query.ids().length];
            Arrays.fill(held[place], Caching.NOTHING);
            if (caching != Caching.EXACT) {
                positions.set(0, query.ids().length);
                return positions;
            }
        }
        positions.or(
                caching.fresh(
                        new Caching.Pass(
                                query.ids(),
                                held[place],
                                maskToken,
                                query.window(),
                                blocks[place] != query.window().from(),
                                since[place],
                                block)));
        for (int position : query.positions()) {
            positions.set(position);
            // Shifted logits are read at the position before.
            positions.set(shifted ? Math.max(0, position - 1) : position);
        }
        return positions;
    }

    /** Positions that its passes have computed so far. */
    long computedPositions() {
        return computedPositions;
    }

    private void note(Denoiser.Query query, BitSet computed, boolean all) {
        computedPositions += computed.cardinality();
        int place = query.place();
        since[place] = all ? 0 : since[place] + 1;
        blocks[place] = all ? query.window().from() : blocks[place];
        computed.stream().forEach(i -> held[place][i] = query.ids()[i]);
    }

    /** Of few rows a power of two, of more a multiple of a share of all. */
    private int size(int rows) {
        int unit = Math.max(TransformerDenoiser.LENGTH_STEP, Math.ceilDiv(form.length, SIZES));
        int few = Math.max(LEAST_ROWS, 2 * Integer.highestOneBit(Math.max(1, rows - 1)));
        return Math.min(form.length, Math.min(few, Math.ceilDiv(rows, unit) * unit));
    }

    private DeviceProposals run(List<Computed> computed, Round round) {
        int most = computed.stream().mapToInt(c -> c.positions.cardinality()).max().orElseThrow();
        ProposalPass pass = passes.get(size(most));
        pass.clear();
        for (Computed c : computed) {
            pass.put(c.query.place(), c.query.ids(), c.query.prompt(), c.positions);
            for (int position : c.query.positions()) {
                int kind = round.restrictions.kind(c.query, position);
                pass.ask(c.query.place(), position, c.query.firstKey() + position, kind);
            }
        }
        return pass.run(round.filters, round.restrictions.sets(), round.guidance, round.seed, round.step);
    }
}
