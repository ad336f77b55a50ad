package dev.unmask.sample;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * The one loop of all samplers. In each round every sequence that is not finished takes a step; those that need the
 * model are asked about together. What a sequence does depends on its own steps only, which are numbered by rounds, so
 * that neither its result nor its random numbers depend on the batch.
 */
final class SamplingLoop {
    private final SamplerSettings settings;
    private final SamplingListener listener;
    private final LongSupplier nanoTime;
    private final List<Canvas> canvases = new ArrayList<>();
    private final List<Track> tracks = new ArrayList<>();
    private final Denoiser.Session session;
    private final boolean anyPrompt;
    private Step.Clock clock = Step.Clock.START;

    SamplingLoop(
            Denoiser denoiser,
            List<MaskedSequence> sequences,
            SamplerSettings settings,
            SamplingListener listener,
            LongSupplier nanoTime) {
        this.settings = settings;
        this.listener = listener;
        this.nanoTime = nanoTime;
        int length = 0;
        for (MaskedSequence sequence : sequences) {
            canvases.add(new Canvas(sequence, canvases.size(), denoiser.maskToken(), denoiser.maxLength()));
            length = Math.max(length, sequence.length());
        }
        if (settings.scope() == SelectionScope.BATCH) {
            tracks.add(new Track(canvases, settings, length, denoiser.blockLength()));
        } else {
            canvases.forEach(canvas ->
                    tracks.add(new Track(List.of(canvas), settings, canvas.ids().length, denoiser.blockLength())));
        }
        this.anyPrompt = canvases.stream().anyMatch(canvas -> !canvas.prompt().isEmpty());
        this.session = denoiser.open(canvases.size(), length, settings);
    }

    List<Sample> run() {
        int steps = tracks.stream().mapToInt(Track::steps).max().orElseThrow();
        long began = nanoTime.getAsLong();
        for (int round = 0; tracks.stream().anyMatch(track -> !track.done()); round++) {
            listener.check("sampling");
            canvases.stream().filter(canvas -> listener.cancelled(canvas.place())).forEach(Canvas::leave);
            clock = new Step.Clock((nanoTime.getAsLong() - began) * 1e-9, clock.pass());
            List<Turn> turns = new ArrayList<>();
            for (Track track : tracks) {
                if (!track.done()) {
                    track.turn(round, clock).ifPresent(turns::add);
                }
            }
            ask(turns, round);
            turns.forEach(Turn::carryOut);
            listener.onStep(new SamplingStep(round, steps, canvases.stream().map(Canvas::progress).toList()));
        }
        return canvases.stream().map(Canvas::sample).toList();
    }

    /** Asks the model, once with guidance and once without at the most. */
    private void ask(List<Turn> turns, int round) {
        Map<Double, List<Turn>> byScale = new LinkedHashMap<>();
        for (Turn turn : turns) {
            double scale = anyPrompt ? settings.guidance().at(turn.share()) : 0;
            byScale.computeIfAbsent(scale, key -> new ArrayList<>()).add(turn);
        }
        byScale.forEach((scale, together) -> ask(together, scale, round));
    }

    private void ask(List<Turn> turns, double scale, int round) {
        List<Denoiser.Query> queries = new ArrayList<>();
        List<Integer> firstEntries = new ArrayList<>();
        int entries = 0;
        for (Turn turn : turns) {
            firstEntries.add(entries);
            for (Denoiser.Query query : turn.queries()) {
                queries.add(query);
                entries += query.positions().length;
            }
        }
        if (entries == 0) {
            return;
        }
        long before = nanoTime.getAsLong();
        Proposals proposals = session.propose(queries, scale, round);
        clock = new Step.Clock(clock.elapsed(), Math.max(1e-9, (nanoTime.getAsLong() - before) * 1e-9));
        for (int i = 0; i < turns.size(); i++) {
            turns.get(i).answered(proposals, firstEntries.get(i));
        }
        for (Denoiser.Query query : queries) {
            Canvas canvas = canvases.get(query.place());
            canvas.evaluated(scale > 0 && !canvas.prompt().isEmpty());
        }
    }
}
