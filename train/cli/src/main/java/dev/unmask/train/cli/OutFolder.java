package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a folder that commands write into may hold, each told by a file of its own. Two of them in one folder would write
 * over each other's tokenizer or metrics, and whoever opened the folder as a model could get either.
 */
enum OutFolder {
    /** What train leaves. */
    RUN("a run", "checkpoints"),
    /** What data leaves. */
    TOKENS("packed tokens", "data.json"),
    /** What records learn leaves. */
    RECORDS("a model of records", "records.json"),
    /** What experiment leaves. */
    EXPERIMENT("an experiment", "settings.json"),
    /** What demo leaves. */
    DEMO("a demo", "demo.json"),
    /** What publishers, export and import leave. */
    MODEL("a model", "config.json", "model.safetensors", "model.safetensors.index.json");

    private final String what;
    private final List<String> marks;

    OutFolder(String what, String... marks) {
        this.what = what;
        this.marks = List.of(marks);
    }

    /**
     * Refuses a folder that holds something else than what is to be made or gone on with.
     *
     * @param folder which may be missing
     */
    void claim(Path folder) {
        if (mark(folder).isPresent()) {
            return;
        }
        for (OutFolder other : EnumSet.complementOf(EnumSet.of(this))) {
            Optional<String> found = other.mark(folder);
            if (found.isPresent() && !mayLieTogether(this, other)) {
                throw new InputException(
                        "--out: "
                                + folder
                                + ": found "
                                + other.what
                                + " in it ("
                                + found.get()
                                + "), expected a new folder, or "
                                + what
                                + " to go on with; name another folder");
            }
        }
    }

    private Optional<String> mark(Path folder) {
        return marks.stream().filter(mark -> Files.exists(folder.resolve(mark))).findFirst();
    }

    /** A run keeps its tokens in a folder of its own, and a demo, which is a run, tells other runs by itself. */
    private static boolean mayLieTogether(OutFolder one, OutFolder other) {
        Set<OutFolder> both = EnumSet.of(one, other);
        return both.equals(EnumSet.of(RUN, TOKENS)) || both.equals(EnumSet.of(RUN, DEMO));
    }
}
