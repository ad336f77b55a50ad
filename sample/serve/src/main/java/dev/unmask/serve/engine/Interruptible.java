package dev.unmask.serve.engine;

import dev.unmask.sample.Computed;
import dev.unmask.sample.Denoiser;
import dev.unmask.sample.SamplerSettings;

import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/** A denoiser that asks before each pass whether anybody still waits for the answer. */
final class Interruptible implements Denoiser {
    private final Denoiser denoiser;
    private BooleanSupplier cancelled = () -> false;

    Interruptible(Denoiser denoiser) {
        this.denoiser = denoiser;
    }

    /** From now on. */
    void until(BooleanSupplier value) {
        cancelled = value;
    }

    private void requireSomebody() {
        if (cancelled.getAsBoolean()) {
            throw new CancellationException("nobody waits for the answer");
        }
    }

    @Override
    public int vocabulary() {
        return denoiser.vocabulary();
    }

    @Override
    public int embeddingRows() {
        return denoiser.embeddingRows();
    }

    @Override
    public int maskToken() {
        return denoiser.maskToken();
    }

    @Override
    public int maxLength() {
        return denoiser.maxLength();
    }

    @Override
    public int blockLength() {
        return denoiser.blockLength();
    }

    @Override
    public Computed computed() {
        return denoiser.computed();
    }

    @Override
    public Session open(int batch, int length, SamplerSettings settings) {
        Session session = denoiser.open(batch, length, settings);
        return (queries, guidance, step) -> {
            requireSomebody();
            return session.propose(queries, guidance, step);
        };
    }

    @Override
    public void logits(List<int[]> sequences, BitSet prompt, int position, double guidance, Rows rows) {
        requireSomebody();
        denoiser.logits(sequences, prompt, position, guidance, rows);
    }

    @Override
    public float[] crossEntropy(int batch, List<Scored> texts, double guidance) {
        requireSomebody();
        return denoiser.crossEntropy(batch, texts, guidance);
    }
}
