package dev.unmask.sample;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/** What one round does with a track: asks the model about places, then unmasks the best and revises others. */
final class Turn implements Revision, Ranked {
    /**
     * What is to be done.
     *
     * @param round its number, from 0
     * @param masked masked places
     * @param placed places with tokens that may be revised
     * @param most how many may be unmasked at the most
     * @param window the block that is being worked on
     */
    record Task(int round, Step step, int[] masked, int[] placed, int most, Denoiser.Window window) {}

    private final Track track;
    private final SamplerSettings settings;
    private final int round;
    private final Step step;
    private final int[] placed;
    private final int most;
    private final Denoiser.Window window;

    /** Masked places; once they are ranked, the best first. */
    private int[] masked;

    private double[] scores;

    /** Of each place asked about, ascending, its entry in the proposals. */
    private int[] askedPlaces;

    private int[] entries;
    private Proposals proposals;
    private int taken;
    private boolean idle = true;

    Turn(Track track, SamplerSettings settings, Task task) {
        this.track = track;
        this.settings = settings;
        this.round = task.round;
        this.step = task.step;
        this.masked = task.masked;
        this.placed = task.placed;
        this.most = task.most;
        this.window = task.window;
        if (ordersBeforehand()) {
            rank(place -> settings.order().score(step, place, null, -1));
            if (settings.count().knownBeforehand() && !settings.remasking().looksAgain()) {
                this.masked = Arrays.copyOf(this.masked, most);
            }
        }
    }

    private boolean ordersBeforehand() {
        return settings.order().knownBeforehand() && settings.stop().treatment() != Stop.Treatment.LAST;
    }

    private void rank(IntToDoubleFunction score) {
        double[] unordered = Arrays.stream(masked).mapToDouble(score).toArray();
        int[] best = Ranking.best(unordered, masked.length);
        int[] before = masked;
        masked = Arrays.stream(best).map(i -> before[i]).toArray();
        scores = Arrays.stream(best).mapToDouble(i -> unordered[i]).toArray();
    }

    /** The questions to the model, one for each sequence that it is asked about. */
    List<Denoiser.Query> queries() {
        boolean asksMasked = most > 0;
        int[] again = settings.remasking().looksAgain() ? placed : new int[0];
        askedPlaces = new int[(asksMasked ? masked.length : 0) + again.length];
        System.arraycopy(again, 0, askedPlaces, 0, again.length);
        if (asksMasked) {
            System.arraycopy(masked, 0, askedPlaces, again.length, masked.length);
        }
        Arrays.sort(askedPlaces);
        entries = new int[askedPlaces.length];
        List<Denoiser.Query> queries = new ArrayList<>();
        for (int from = 0; from < askedPlaces.length; ) {
            Canvas canvas = track.canvas(askedPlaces[from]);
            int to = from;
            while (to < askedPlaces.length && track.canvas(askedPlaces[to]) == canvas) {
                to++;
            }
            int[] positions = Arrays.stream(askedPlaces, from, to).map(track::position).toArray();
            queries.add(
                    new Denoiser.Query(
                            canvas.place(),
                            canvas.ids(),
                            canvas.prompt(),
                            positions,
                            canvas.firstKey(),
                            window,
                            canvas.allowed()));
            from = to;
        }
        return queries;
    }

    /** The share of masked positions, by which guidance is on or off. */
    double share() {
        return track.canvases().stream().mapToDouble(Canvas::share).max().orElse(0);
    }

    /** Takes the answers, whose entries begin at a number. */
    void answered(Proposals given, int firstEntry) {
        proposals = given;
        Arrays.setAll(entries, i -> firstEntry + i);
    }

    private int entry(int place) {
        return entries[Arrays.binarySearch(askedPlaces, place)];
    }

    private boolean distrusted(int entry) {
        return settings.stop().treatment() == Stop.Treatment.LAST
                && settings.stop().ends().contains(proposals.tokens()[entry]);
    }

    private double scoreOf(int place) {
        int entry = entry(place);
        return distrusted(entry) ? Double.NEGATIVE_INFINITY : settings.order().score(step, place, proposals, entry);
    }

    /** Does it. */
    void carryOut() {
        if (most > 0) {
            if (!ordersBeforehand()) {
                rank(this::scoreOf);
            }
            taken = settings.count().knownBeforehand() ? most : settings.count().of(step, this, most);
        }
        if (placed.length > 0) {
            settings.remasking().revise(this);
        }
        for (int rank = 0; rank < taken; rank++) {
            int place = masked[rank];
            int entry = entry(place);
            put(place, entry);
        }
        track.advance(round, idle);
    }

    private void put(int place, int entry) {
        float confidence = proposals.logConfidence()[entry];
        Expect.prediction(confidence);
        track.canvas(place).put(track.position(place), proposals.tokens()[entry], confidence);
        idle = false;
    }

    @Override
    public int size() {
        return masked.length;
    }

    @Override
    public double confidence(int rank) {
        int entry = entry(masked[rank]);
        return distrusted(entry) ? 0 : Math.exp(proposals.logConfidence()[entry]);
    }

    @Override
    public double entropy(int rank) {
        int entry = entry(masked[rank]);
        return distrusted(entry) ? Double.POSITIVE_INFINITY : proposals.entropy()[entry];
    }

    @Override
    public Step step() {
        return step;
    }

    @Override
    public int masked() {
        return most > 0 ? masked.length : 0;
    }

    @Override
    public int taken() {
        return taken;
    }

    @Override
    public void take(int count) {
        taken = count;
    }

    @Override
    public double maskedScore(int rank) {
        return scores[rank];
    }

    @Override
    public int placed() {
        return placed.length;
    }

    private Canvas canvas(int index) {
        return track.canvas(placed[index]);
    }

    @Override
    public int token(int index) {
        return canvas(index).ids()[track.position(placed[index])];
    }

    @Override
    public double logConfidence(int index) {
        return canvas(index).logConfidence(track.position(placed[index]));
    }

    @Override
    public int proposal(int index) {
        return proposals.tokens()[entry(placed[index])];
    }

    @Override
    public double proposalLogConfidence(int index) {
        return proposals.logConfidence()[entry(placed[index])];
    }

    @Override
    public double score(int index) {
        return scoreOf(placed[index]);
    }

    @Override
    public double draw(int index) {
        return track.remaskingDraw(round, placed[index]);
    }

    @Override
    public void mask(int index) {
        canvas(index).mask(track.position(placed[index]));
        idle = false;
    }

    @Override
    public void replace(int index) {
        put(placed[index], entry(placed[index]));
    }
}
