package dev.unmask.serve.api;

import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplingStep;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** A text while it is written: how much of it is settled, and whether it has come to its end. */
final class WrittenText {
    private final ServedModel model;
    private final Style style;
    private final int from;
    private final int given;
    private final boolean spaceGiven;
    private final float[] logProbabilities;
    private final int[] placedIn;
    private int[] ids;
    private int step;
    private String text = "";
    private String sent = "";
    private int sentTokens;
    private int settledTokens;
    private boolean stopped;

    /**
     * What all texts of a request have in common.
     *
     * @param most tokens to be written
     * @param ends tokens that end a text
     * @param stops texts before which it ends
     * @param settles whether a token that was placed stays
     */
    record Style(int most, Set<Integer> ends, List<String> stops, boolean settles) {}

    /**
     * A token that was written.
     *
     * @param position of it in the sequence
     * @param offset of its text in what was written
     * @param logProbability {@code ln p} when it was placed
     */
    record Token(int position, int id, String text, int offset, float logProbability) {}

    /**
     * A text of which nothing was written yet.
     *
     * @param ids the sequence: what is given, and masks if the model is masked
     * @param from where writing begins
     * @param spaceGiven whether a space or nothing stands before it
     */
    WrittenText(ServedModel model, Style style, int[] ids, int from, boolean spaceGiven) {
        this.model = model;
        this.style = style;
        this.ids = ids;
        this.from = from;
        this.given = ids.length - (model.causal() ? 0 : style.most);
        this.spaceGiven = spaceGiven;
        this.logProbabilities = new float[from + style.most];
        this.placedIn = new int[from + style.most];
    }

    /** Takes a step in. */
    void step(SamplingStep.Progress progress) {
        ids = progress.ids();
        step++;
        for (int i = 0; i < progress.unmasked().length; i++) {
            int position = progress.unmasked()[i];
            if (position < logProbabilities.length) {
                logProbabilities[position] = progress.logConfidence()[i];
                placedIn[position] = step;
            }
        }
        if (style.settles) {
            settle(false);
        }
    }

    /** Takes the end in. */
    void done(Sample sample) {
        ids = sample.ids();
        for (int i = from; i < Math.min(ids.length, logProbabilities.length); i++) {
            logProbabilities[i] = sample.logConfidence()[i];
        }
        settle(true);
    }

    private void settle(boolean complete) {
        int to = Math.min(ids.length, from + style.most);
        int end = from;
        boolean ended = false;
        while (end < to && !ended && (model.causal() || ids[end] != model.maskToken())) {
            ended = style.ends.contains(ids[end]);
            end++;
        }
        int[] written = Arrays.copyOfRange(ids, from, ended ? end - 1 : end);
        boolean all = complete || ended || end == to;
        String found = all ? model.pieces().text(written) : model.pieces().whole(written);
        if (spaceGiven && found.startsWith(" ")) {
            found = found.substring(1);
        }
        int cut = found.length();
        for (String stop : style.stops) {
            int at = found.indexOf(stop);
            if (at >= 0 && at < cut) {
                cut = at;
                ended = true;
            }
        }
        text = found.substring(0, cut);
        settledTokens = written.length;
        stopped = ended;
    }

    /** Whether nothing that is written from now on changes it. */
    boolean ended() {
        return stopped || settledTokens >= style.most;
    }

    String text() {
        return text;
    }

    String finishReason() {
        return stopped ? "stop" : "length";
    }

    /** What has been added to the settled text since this was asked last. */
    String more(boolean complete) {
        String settled = text;
        if (!complete && !ended()) {
            // The beginning of a text that is stopped before is not to be sent.
            int longest = style.stops.stream().mapToInt(String::length).max().orElse(1);
            settled = text.substring(0, Math.max(0, text.length() - longest + 1));
            if (settled.endsWith(" ")) {
                settled = settled.substring(0, settled.length() - 1);
            }
        }
        if (settled.length() <= sent.length() || !settled.startsWith(sent)) {
            return "";
        }
        String more = settled.substring(sent.length());
        sent = settled;
        return more;
    }

    /** The tokens of the settled text. */
    List<Token> tokens() {
        List<Token> tokens = new ArrayList<>();
        int offset = 0;
        for (int i = from; i < from + settledTokens && offset < Math.max(1, text.length()); i++) {
            String piece = model.pieces().text(ids[i]);
            if (i == from && spaceGiven && piece.startsWith(" ")) {
                piece = piece.substring(1);
            }
            tokens.add(new Token(i, ids[i], piece, offset, logProbabilities[i]));
            offset += piece.length();
        }
        return text.isEmpty() ? List.of() : tokens;
    }

    /** Those of them whose text has been sent, and that were not given out before. */
    List<Token> moreTokens(boolean complete) {
        List<Token> all = tokens();
        int known = sentTokens;
        while (sentTokens < all.size()
                && (complete || all.get(sentTokens).offset + all.get(sentTokens).text.length() <= sent.length())) {
            sentTokens++;
        }
        return all.subList(known, sentTokens);
    }

    /** Tokens that were given, before what is written and behind it. */
    int given() {
        return given;
    }

    int written() {
        return settledTokens;
    }

    /** The sequence as it was before the step that placed a token. */
    int[] before(Token token) {
        int[] then = ids.clone();
        for (int i = from; i < Math.min(then.length, placedIn.length); i++) {
            if (placedIn[i] >= placedIn[token.position]) {
                then[i] = model.maskToken();
            }
        }
        return then;
    }
}
