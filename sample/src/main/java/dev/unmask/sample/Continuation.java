package dev.unmask.sample;

import java.util.Arrays;
import java.util.stream.IntStream;

/** A sequence while it grows. */
final class Continuation {
    private final AutoregressiveSettings settings;
    private final int[] ids;
    private final float[] logConfidence;
    private final int stream;
    private int length;
    private int seen;
    private int evaluations;
    private boolean ended;

    Continuation(Prompt prompt, AutoregressiveSettings settings) {
        this.settings = settings;
        this.length = prompt.ids().length;
        this.ids = Arrays.copyOf(prompt.ids(), settings.length());
        this.logConfidence = new float[settings.length()];
        this.stream = prompt.stream();
    }

    /** Nobody waits for it any more. */
    void leave() {
        ended = true;
    }

    boolean done() {
        return ended || length == settings.length();
    }

    /** A sequence that is done goes on repeating its last token, to no effect. */
    void feed(DecodingPass pass, int place, int maxLength) {
        int from = Math.min(seen, length - 1);
        pass.put(place, ids, from, length, stream * maxLength + Math.min(length, maxLength - 1));
        seen = length;
    }

    void append(int token, float confidence) {
        if (done()) {
            return;
        }
        Expect.prediction(confidence);
        ids[length] = token;
        logConfidence[length] = confidence;
        length++;
        evaluations++;
        ended = settings.ends().contains(token);
    }

    /** The state after a step that went on from {@code before} tokens. */
    SamplingStep.Progress progress(int before) {
        return new SamplingStep.Progress(
                Arrays.copyOf(ids, length),
                IntStream.range(before, length).toArray(),
                Arrays.copyOfRange(logConfidence, before, length),
                new int[0],
                evaluations);
    }

    int length() {
        return length;
    }

    Sample sample() {
        return new Sample(Arrays.copyOf(ids, length), Arrays.copyOf(logConfidence, length), evaluations);
    }
}
