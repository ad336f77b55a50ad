package dev.unmask.train.cli;

import dev.unmask.train.data.PreparedData;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Says on standard error how the preparation of a run's data goes, with a bar where it is known how much there is. */
final class PreparationDisplay implements PreparedData.Progress, AutoCloseable {
    private Optional<Progress> shown = Optional.empty();
    private String pass = "";
    private long documents;

    @Override
    public void pass(String what) {
        close();
        pass = what;
        System.err.println(Printable.line(what) + " …");
    }

    @Override
    public void note(String sentence) {
        System.err.println(Printable.line(sentence));
    }

    @Override
    public void documents(long count) {
        documents = count;
    }

    @Override
    public void bytes(long read, long all) {
        if (all <= 0) {
            return;
        }
        if (shown.isEmpty() && read < all) {
            String task = pass.startsWith("packing") ? "packing" : "reading";
            shown = Optional.of(Progress.of(task, 0, all >> 10));
        }
        shown.ifPresent(progress ->
                progress.at(
                        Math.min(read, all) >> 10,
                        List.of(String.format(Locale.ROOT, "%,d documents", documents), "KiB read")));
    }

    @Override
    public void close() {
        shown.ifPresent(Progress::close);
        shown = Optional.empty();
    }
}
