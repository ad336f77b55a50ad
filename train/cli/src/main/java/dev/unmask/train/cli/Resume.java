package dev.unmask.train.cli;

import dev.unmask.model.Verification;
import dev.unmask.tensor.InputException;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.TrainingRun;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a run begins: at its start, or at one of its checkpoints.
 *
 * @param out the run's folder
 * @param which the checkpoint asked for; empty: none, the run is new
 * @param plans whether nothing will be computed, so that files need not be read as a whole
 */
record Resume(Path out, Optional<String> which, boolean plans) {
    /** The newest checkpoint, which must be whole. */
    static final String LATEST = "latest";

    /** The newest checkpoint that is whole. */
    private static final String LATEST_WHOLE = "latest-whole";

    private Checkpoints checkpoints() {
        return new Checkpoints(TrainingRun.checkpointsIn(out), 1);
    }

    /** The checkpoint to go on from. Refuses one that is damaged, and a new run where there is an old one. */
    Optional<Checkpoint> start() throws IOException {
        Optional<Checkpoint> newest = checkpoints().latest().map(Checkpoint::new);
        if (which.isEmpty()) {
            if (newest.isPresent() && !plans) {
                throw new InputException(
                        "--out: "
                                + out
                                + " has "
                                + newest.get().folder().getFileName()
                                + " already; pass --resume to go on, or another --out");
            }
            return Optional.empty();
        }
        if (newest.isEmpty()) {
            throw new InputException("--resume: " + out + " has no checkpoint; start without --resume");
        }
        return switch (which.get()) {
            case LATEST -> Optional.of(verified(newest.get()));
            case LATEST_WHOLE -> Optional.of(newestWhole());
            default -> Optional.of(named(which.get()));
        };
    }

    private Checkpoint verified(Checkpoint checkpoint) throws IOException {
        Models.verify(
                checkpoint,
                plans ? Verification.USUAL : Verification.WHOLE,
                before -> "go on from it by --resume=" + LATEST_WHOLE);
        return checkpoint;
    }

    private Checkpoint named(String name) throws IOException {
        Optional<Checkpoint> found = checkpoints().named(name);
        if (found.isEmpty()) {
            throw new InputException(
                    "--resume: found "
                            + name
                            + ", expected nothing, "
                            + LATEST_WHOLE
                            + " or a checkpoint of "
                            + out
                            + ", as in --resume="
                            + checkpoints().latest().orElseThrow().getFileName());
        }
        return goOnFrom(verified(found.get()), "replaced");
    }

    /** Later checkpoints are of another course of the run; as they are not to be found again, they are renamed. */
    private Checkpoint goOnFrom(Checkpoint checkpoint, String word) throws IOException {
        if (!plans) {
            for (Path later : checkpoints().setAside(checkpoint.step(), word)) {
                System.err.println("--resume: a later checkpoint is kept as " + later);
            }
        }
        System.err.println("--resume: going on from " + checkpoint.folder().getFileName());
        return checkpoint;
    }

    private Checkpoint newestWhole() throws IOException {
        return goOnFrom(
                checkpoints()
                        .latestWhole(Long.MAX_VALUE)
                        .orElseThrow(() ->
                                new InputException(
                                        "--resume: "
                                                + out
                                                + " has no checkpoint that is whole; start without --resume in another"
                                                + " --out")),
                "damaged");
    }
}
