package dev.unmask.serve.api;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Remasking;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.Stop;
import dev.unmask.serve.engine.Job;
import dev.unmask.serve.http.ApiException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Turns a request to write into a job of the engine. */
final class WritingPlanner {
    /** Causal texts of like lengths go together if they have room for the same. */
    private static final int ROOM_STEP = 64;

    /** Streams below this are those of requests with a seed. */
    private static final int FIRST_FREE_STREAM = 1024;

    private final Desk desk;
    private final ServedModel model;

    /** What is drawn without a seed of its own is told apart by streams, so that it can go together. */
    private final long commonSeed = ThreadLocalRandom.current().nextLong();

    private final AtomicInteger nextStream = new AtomicInteger();

    WritingPlanner(Desk desk, ServedModel model) {
        this.desk = desk;
        this.model = model;
    }

    /**
     * What is to be done, and the texts that come of it.
     *
     * @param banned tokens that are never chosen
     */
    record Plan(Job<List<Sample>> job, List<WrittenText> texts, Set<Integer> banned) {}

    Plan plan(WritingRequest request) {
        if (request.texts() > desk.limits().texts()) {
            throw ApiException.refused(
                    413,
                    "too_many_texts",
                    "found " + request.texts() + " texts, prompts times n, expected at most " + desk.limits().texts());
        }
        long tokens = (long) request.texts() * request.most();
        if (tokens > desk.limits().tokens()) {
            throw ApiException.refused(
                    413,
                    "too_many_tokens",
                    "found " + tokens + " tokens to be written, expected at most " + desk.limits().tokens());
        }
        return model.causal() ? causal(request) : masked(request);
    }

    private int stream(WritingRequest request, int index) {
        if (request.seed().isPresent()) {
            return index;
        }
        int most = Integer.MAX_VALUE / model.language().config().maxLength() - FIRST_FREE_STREAM;
        return FIRST_FREE_STREAM + Math.floorMod(nextStream.getAndIncrement(), most);
    }

    private Plan masked(WritingRequest request) {
        FillIn fillIn = desk.engine().workshop().fillIn();
        TextTokenizer tokenizer = model.language().tokenizer();
        List<MaskedSequence> sequences = new ArrayList<>();
        List<WrittenText> texts = new ArrayList<>();
        SamplerSettings sampler = request.sampler().withSeed(request.seed().orElse(commonSeed));
        SamplerSettings used = sampler;
        for (int i = 0; i < request.sources().size(); i++) {
            Source source = request.sources().get(i);
            // What has an end already has no other.
            boolean open = !tokenizer.endsTexts() && !(source instanceof Source.Text text && !text.after().isEmpty());
            Set<Integer> ends = open ? model.ends() : Set.of();
            Set<Integer> banned = new HashSet<>(tokenizer.special());
            banned.removeAll(ends);
            FillSettings settings =
                    FillSettings.defaults()
                            .withTokensPerBlank(request.most())
                            .withAllowSpecial(true)
                            .withSampler(sampler.withBannedTokens(banned).withStop(ends.isEmpty() ? Stop.FIXED_LENGTH : Stop.at(ends)));
            FillIn.Reading reading = reading(fillIn, source, settings, request.most());
            used = reading.sampler();
            WrittenText.Style style =
                    new WrittenText.Style(
                            request.most(), ends, request.stops(), sampler.remasking().equals(Remasking.NONE));
            for (int copy = 0; copy < request.copies(); copy++) {
                MaskedSequence sequence = reading.sequence(stream(request, i * request.copies() + copy));
                sequences.add(sequence);
                int[] ids = sequence.ids();
                int from = 0;
                while (ids[from] != model.maskToken()) {
                    from++;
                }
                texts.add(new WrittenText(model, style, ids, from, spaceGiven(source)));
            }
        }
        return new Plan(new Job.Masked(sequences, used), texts, used.bannedTokens());
    }

    private FillIn.Reading reading(FillIn fillIn, Source source, FillSettings settings, int most) {
        return switch (source) {
            case Source.Text text -> fillIn.between(text.before(), text.after(), settings);
            case Source.Tokens tokens -> {
                int[] ids = Arrays.copyOf(tokens.ids(), tokens.ids().length + most);
                Arrays.fill(ids, tokens.ids().length, ids.length, model.maskToken());
                yield fillIn.masked(ids, settings);
            }
        };
    }

    private static boolean spaceGiven(Source source) {
        return source instanceof Source.Text text
                && (text.before().isEmpty() || Character.isWhitespace(text.before().charAt(text.before().length() - 1)));
    }

    private Plan causal(WritingRequest request) {
        List<int[]> given = request.sources().stream().map(this::causalIds).toList();
        int longest = given.stream().mapToInt(ids -> ids.length).max().orElseThrow();
        int maxLength = model.language().config().maxLength();
        if (longest + request.most() > maxLength) {
            throw ApiException.refused(
                    400,
                    "context_length_exceeded",
                    "found "
                            + longest
                            + " tokens of the prompt and "
                            + request.most()
                            + " to be written, expected at most the model's "
                            + maxLength);
        }
        int room = Math.min(maxLength, Math.ceilDiv(longest + request.most(), ROOM_STEP) * ROOM_STEP);
        Set<Integer> banned = new HashSet<>(model.language().unassigned());
        AutoregressiveSettings settings =
                new AutoregressiveSettings(
                        room,
                        model.ends(),
                        request.sampler().filters().withBanned(banned),
                        request.seed().orElse(commonSeed));
        WrittenText.Style style = new WrittenText.Style(request.most(), model.ends(), request.stops(), true);
        List<Prompt> prompts = new ArrayList<>();
        List<WrittenText> texts = new ArrayList<>();
        for (int i = 0; i < given.size(); i++) {
            for (int copy = 0; copy < request.copies(); copy++) {
                prompts.add(new Prompt(given.get(i), stream(request, i * request.copies() + copy)));
                texts.add(
                        new WrittenText(
                                model, style, given.get(i), given.get(i).length, spaceGiven(request.sources().get(i))));
            }
        }
        return new Plan(new Job.Causal(prompts, settings), texts, banned);
    }

    private int[] causalIds(Source source) {
        int[] ids =
                switch (source) {
                    case Source.Text text -> {
                        if (!text.after().isEmpty()) {
                            throw ApiException.wrong(
                                    "suffix",
                                    "suffix: found one, expected none: this model writes from left to right and does"
                                            + " not see what follows");
                        }
                        yield model.language().tokenizer().encode(text.before());
                    }
                    case Source.Tokens tokens -> tokens.ids();
                };
        if (ids.length > 0) {
            return ids;
        }
        TextTokenizer tokenizer = model.language().tokenizer();
        OptionalInt first = tokenizer.beginsTexts() ? tokenizer.beginOfText() : tokenizer.endOfText();
        return new int[] {
            first.orElseThrow(() ->
                    ApiException.wrong("prompt", "prompt: found nothing, expected at least one token to go on from"))
        };
    }
}
