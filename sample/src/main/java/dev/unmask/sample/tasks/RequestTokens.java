package dev.unmask.sample.tasks;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Cuts requests into tokens (METHOD §5.2): context and continuation are encoded together, and what goes beyond the
 * tokens of the context alone is the continuation's.
 */
public final class RequestTokens {
    private final TextTokenizer tokenizer;
    private final OptionalInt begin;
    private final int longest;

    /**
     * Tokens of a request.
     *
     * @param prefix the context's, the newest ones if they do not all fit
     * @param target the continuation's, at least one
     * @param shortened whether a part of the context is left out
     */
    public record Split(int[] prefix, int[] target, boolean shortened) {}

    /**
     * A tokenizer of requests.
     *
     * @param tokenizer encodes the texts
     * @param begins whether every text begins with the tokenizer's token for that, if it has one
     * @param longest tokens of context and continuation together at the most
     */
    public RequestTokens(TextTokenizer tokenizer, boolean begins, int longest) {
        this.tokenizer = tokenizer;
        this.begin = begins ? tokenizer.beginOfText() : OptionalInt.empty();
        this.longest = longest;
    }

    TextTokenizer tokenizer() {
        return tokenizer;
    }

    /** Adds what requests are cut by to the settings of an examinee. */
    Map<String, Object> describe(Map<String, Object> settings) {
        settings.put("tokenizer", Long.toHexString(tokenizer.fingerprint()));
        begin.ifPresent(id -> settings.put("begin", id));
        settings.put("longest", longest);
        return settings;
    }

    /** The tokens of a text, begun as texts are. */
    int[] encode(String text) {
        int[] ids = tokenizer.encode(text);
        if (begin.isEmpty()) {
            return ids;
        }
        int[] begun = new int[ids.length + 1];
        begun[0] = begin.getAsInt();
        System.arraycopy(ids, 0, begun, 1, ids.length);
        return begun;
    }

    /** The requests of a document that is scored, in order. */
    List<Split> split(Examinee.Question question) {
        String where = question.where();
        return switch (question.example()) {
            case Example.MultipleChoice choice ->
                    choice.continuations().stream().map(end -> split(where, choice.context(), end)).toList();
            case Example.Completion completion ->
                    List.of(split(where, completion.context(), completion.continuation()));
            case Example.Generation problem ->
                    throw new IllegalArgumentException("an answer that is to be written is not scored: " + problem);
        };
    }

    /**
     * Splits a request. White space at the end of the context belongs to the continuation, whose first token often
     * holds it.
     *
     * @param where what a message names
     * @param context what stands before
     * @param continuation what is scored
     * @return its tokens
     * @throws InputException if the continuation alone is longer than what the model sees
     */
    public Split split(String where, String context, String continuation) {
        int end = PythonText.endOfText(context);
        String before = context.substring(0, end);
        String after = context.substring(end) + continuation;
        int[] prefix = encode(before);
        int[] whole = encode(before + after);
        int[] target =
                whole.length > prefix.length
                        ? Arrays.copyOfRange(whole, prefix.length, whole.length)
                        // The two have grown together into fewer tokens than the context alone has.
                        : tokenizer.encode(after);
        if (target.length == 0 || target.length > longest) {
            throw new InputException(
                    where
                            + ": found an answer of "
                            + target.length
                            + " tokens, expected 1 to "
                            + longest
                            + ", as many as the model sees; leave the document out or take a model of longer texts");
        }
        int room = Math.min(prefix.length, longest - target.length);
        return new Split(Arrays.copyOfRange(prefix, prefix.length - room, prefix.length), target, room < prefix.length);
    }
}
