package dev.unmask.train.cli;

import dev.unmask.train.data.PreparedData;

import java.util.Locale;

/** Says on standard error how the preparation of a run's data goes. */
final class PreparationDisplay implements PreparedData.Progress {
    private static final double SHOW_SECONDS = 10;

    private long shown = System.nanoTime();

    @Override
    public void pass(String what) {
        System.err.println(what + " …");
    }

    @Override
    public void note(String sentence) {
        System.err.println(sentence);
    }

    @Override
    public void documents(long documents) {
        if ((System.nanoTime() - shown) * 1e-9 >= SHOW_SECONDS) {
            System.err.printf(Locale.ROOT, "  %,d documents%n", documents);
            shown = System.nanoTime();
        }
    }
}
