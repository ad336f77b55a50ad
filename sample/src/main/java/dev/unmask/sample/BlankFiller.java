package dev.unmask.sample;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** Fills the blanks of single readings of texts. */
final class BlankFiller {
    /** Fillings of different tokens can be the same text; more are searched for, at most this often as many. */
    private static final int MOST_DOUBLINGS = 4;

    private final MaskedSampler sampler;
    private final TextTokenizer tokenizer;
    private final SamplerSettings settings;
    private final SamplingListener listener;
    private final int maskToken;
    private final OptionalInt end;

    /** Of readings that were filled in one way the way that a search for others goes. */
    private final Map<BlankText, MaskedSampler.Route> routes = new IdentityHashMap<>();

    /** Of readings that go up to the end what they were filled with. */
    private final Map<BlankText, Sample> ended = new IdentityHashMap<>();

    /**
     * A filler.
     *
     * @param settings how to sample; tokens that no blank may hold are banned
     * @param listener sees every step
     */
    BlankFiller(MaskedSampler sampler, TextTokenizer tokenizer, SamplerSettings settings, SamplingListener listener) {
        this.sampler = sampler;
        this.tokenizer = tokenizer;
        this.settings = settings;
        this.listener = listener;
        this.maskToken = sampler.denoiser().maskToken();
        this.end = tokenizer.endOfText();
    }

    /** Fills readings without a blank that goes up to the end, all in one batch. */
    List<Filling> together(List<BlankText> texts) {
        List<Sample> samples =
                sampler.sample(
                        texts.stream().map(text -> text.sequence(text.ids(), maskToken)).toList(), settings, listener);
        return IntStream.range(0, texts.size()).mapToObj(i -> filling(samples.get(i), texts.get(i))).toList();
    }

    /**
     * Fills one reading in one way, or finds its likeliest fillings. What was filled in one way before, with the same
     * tokens, is not filled in so once more: the search begins with what is known.
     *
     * @param ids its tokens, where choices have been placed
     * @param placed of each token placed so {@code ln p}, else 0
     * @param evaluations what placing them took
     * @param most how many fillings at the most
     * @return different fillings, the most confident first
     */
    List<Filling> fill(BlankText text, int[] ids, float[] placed, int evaluations, int most) {
        if (Arrays.stream(ids).noneMatch(id -> id == maskToken)) {
            return List.of(filling(new Sample(ids, placed, evaluations), text));
        }
        if (text.ended()) {
            return upToEnd(text, ids, placed, evaluations, most);
        }
        if (most == 1) {
            return List.of(filling(with(inOneWay(text, ids), placed, evaluations), text));
        }
        return likeliest(text, ids, placed, evaluations, most);
    }

    private Sample inOneWay(BlankText text, int[] ids) {
        MaskedSequence sequence = text.sequence(ids, maskToken);
        if (!BeamSearch.searchable(settings)) {
            return sampler.sample(List.of(sequence), settings, listener).getFirst();
        }
        MaskedSampler.Route route = sampler.route(sequence, settings, listener);
        if (route.greedy().isEmpty()) {
            return sampler.sample(List.of(sequence), settings, listener).getFirst();
        }
        routes.put(text, route);
        return route.greedy().get();
    }

    private List<Filling> likeliest(BlankText text, int[] ids, float[] placed, int evaluations, int most) {
        MaskedSequence sequence = text.sequence(ids, maskToken);
        MaskedSampler.Route route = routes.get(text);
        // Its passes were counted when it was filled in.
        int spent = 0;
        if (route == null) {
            route = sampler.route(sequence, settings, listener);
            spent = route.evaluations();
        }
        Map<String, Filling> different = new LinkedHashMap<>();
        int asked = most;
        for (int i = 0; i <= MOST_DOUBLINGS && different.size() < most; i++) {
            List<Sample> found = sampler.along(route, sequence, asked, spent, settings, listener);
            different.clear();
            for (Sample sample : found) {
                Filling filling = filling(with(sample, placed, evaluations), text);
                different.putIfAbsent(filling.text(), filling);
            }
            if (found.size() < asked) {
                break;
            }
            spent = found.getFirst().evaluations();
            asked *= 2;
        }
        return different.values().stream().limit(most).toList();
    }

    /** A sample with what was known before it. */
    private static Sample with(Sample sample, float[] placed, int evaluations) {
        float[] all = sample.logConfidence().clone();
        for (int i = 0; i < all.length; i++) {
            all[i] += placed[i];
        }
        return new Sample(sample.ids(), all, sample.evaluations() + evaluations);
    }

    /**
     * A reading whose last blank goes up to the end of the text: the end is one of the tokens that may stand there, and
     * what follows the first one is dropped. Other fillings are of the size that was found.
     */
    private List<Filling> upToEnd(BlankText text, int[] ids, float[] placed, int evaluations, int most) {
        int stop = end.orElseThrow();
        Set<Integer> banned = new HashSet<>(settings.filters().banned());
        banned.remove(stop);
        MaskedSequence sequence =
                MaskedSequence.infilling(ids, maskToken, 0).withAllowed(endingOnlyThere(text, ids, stop));
        Sample before = ended.remove(text);
        Sample sample = before == null ? ending(sequence, banned, stop) : before;
        int from = text.blanks().getLast().from();
        int length = from;
        while (length < ids.length && sample.ids()[length] != stop) {
            length++;
        }
        BlankText found = text.endedAfter(length - from);
        if (most > 1) {
            BlankText sized = length < ids.length ? found.endedBy(stop) : found;
            int[] asked = Arrays.copyOf(ids, sized.ids().length);
            System.arraycopy(sized.ids(), from, asked, from, asked.length - from);
            int spent = before == null ? sample.evaluations() : 0;
            return likeliest(sized, asked, Arrays.copyOf(placed, asked.length), evaluations + spent, most);
        }
        ended.put(text, sample);
        Sample shorter =
                new Sample(
                        Arrays.copyOf(sample.ids(), length),
                        Arrays.copyOf(sample.logConfidence(), length),
                        sample.evaluations());
        return List.of(filling(with(shorter, placed, evaluations), found));
    }

    private Sample ending(MaskedSequence sequence, Set<Integer> banned, int stop) {
        return sampler.sample(
                        List.of(sequence), settings.withBannedTokens(banned).withStop(Stop.at(Set.of(stop))), listener)
                .getFirst();
    }

    /** What may stand where, if the end may stand in the last blank only. */
    private Map<Integer, BitSet> endingOnlyThere(BlankText text, int[] ids, int stop) {
        BlankText.Span last = text.blanks().getLast();
        int least = last.from() + ((BlankText.Size.Ended) last.size()).least();
        BitSet others = new BitSet();
        others.set(0, sampler.denoiser().vocabulary());
        others.clear(stop);
        Map<Integer, BitSet> allowed = new HashMap<>();
        for (int i = 0; i < ids.length; i++) {
            BitSet own = text.allowed().get(i);
            if (i >= least && own != null) {
                BitSet withEnd = (BitSet) own.clone();
                withEnd.set(stop);
                allowed.put(i, withEnd);
            } else if (i < least && ids[i] == maskToken) {
                allowed.put(i, own == null ? others : own);
            }
        }
        return allowed;
    }

    private Filling filling(Sample sample, BlankText text) {
        return filling(tokenizer, sample, text);
    }

    /** Puts a sample of a reading back into its text. */
    static Filling filling(TextTokenizer tokenizer, Sample sample, BlankText text) {
        List<Filling.Blank> blanks = new ArrayList<>();
        for (BlankText.Span span : text.blanks()) {
            int[] tokens = Arrays.copyOfRange(sample.ids(), span.from(), span.to());
            String words = tokenizer.decode(tokens);
            blanks.add(
                    new Filling.Blank(
                            words.startsWith(" ") ? words.substring(1) : words,
                            span.from(),
                            boxed(tokens),
                            IntStream.range(span.from(), span.to()).mapToObj(i -> sample.logConfidence()[i]).toList()));
        }
        int[] ids = sample.ids();
        int[] proper = text.proper(ids);
        return new Filling(
                tokenizer.decode(proper), boxed(text.enclosed() ? ids : proper), blanks, sample.evaluations());
    }

    private static List<Integer> boxed(int[] ids) {
        return IntStream.of(ids).boxed().toList();
    }
}
