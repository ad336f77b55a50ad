package dev.unmask.sample;

import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/** A denoiser whose passes somebody sees before they take place. */
record Watched(Denoiser inner, Consumer<List<Denoiser.Query>> watcher) implements Denoiser {
    @Override
    public int vocabulary() {
        return inner.vocabulary();
    }

    @Override
    public int embeddingRows() {
        return inner.embeddingRows();
    }

    @Override
    public int maskToken() {
        return inner.maskToken();
    }

    @Override
    public int maxLength() {
        return inner.maxLength();
    }

    @Override
    public int blockLength() {
        return inner.blockLength();
    }

    @Override
    public Session open(int batch, int length, SamplerSettings settings) {
        Session session = inner.open(batch, length, settings);
        return (queries, guidance, step) -> {
            watcher.accept(queries);
            return session.propose(queries, guidance, step);
        };
    }

    @Override
    public float[] crossEntropy(int batch, List<Scored> texts, double guidance) {
        return inner.crossEntropy(batch, texts, guidance);
    }

    @Override
    public void logits(List<int[]> sequences, BitSet prompt, int position, double guidance, Rows rows) {
        inner.logits(sequences, prompt, position, guidance, rows);
    }
}
