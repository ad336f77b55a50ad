package dev.unmask.train;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.NonFiniteException;
import dev.unmask.model.Verification;
import dev.unmask.model.chat.ChatTemplate;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.DiskSpace;
import dev.unmask.tensor.io.FileDigest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The checkpoints of a run: folders {@code step-00001000}, each a {@link Checkpoint}. A folder is under its name only
 * while everything in it is on disk: it is renamed to that when it is complete, and away from it before it is deleted.
 */
public final class Checkpoints {
    /** What folders end in that are being written, or deleted: nobody reads them, and a killed run may leave them. */
    private static final String UNFINISHED = ".unfinished";

    private static final String REMOVED = ".removed";

    /** More than configuration and tokenizer take of a disk. */
    private static final long SMALL_FILES = 16 << 20;

    private final Path folder;
    private final int keep;

    /**
     * The checkpoints in a folder.
     *
     * @param folder made at the first save
     * @param keep how many of the last ones are kept, at least 1
     */
    public Checkpoints(Path folder, int keep) {
        if (keep < 1) {
            throw new InputException("checkpoints to keep: found " + keep + ", expected at least 1");
        }
        this.folder = folder;
        this.keep = keep;
    }

    /**
     * Saves a trainer. When this returns, the checkpoint is on disk, and of the older ones only as many as are kept.
     *
     * @param trainer its weights, moments and step
     * @param tokenizer kept with the model, if there is one, and the {@code tokenizer_config.json} beside it, which
     *     names special tokens
     * @param state what else the run wants back
     * @return the checkpoint's folder
     * @throws IOException if it cannot be written; older checkpoints are left
     * @throws NonFiniteException if a weight or a moment is not finite; older checkpoints are left
     */
    public Path save(Trainer trainer, Optional<Path> tokenizer, RunState state) throws IOException {
        Path done = folder.resolve(Checkpoint.name(trainer.step()));
        Path unfinished = hidden(done, UNFINISHED);
        remove(unfinished);
        try {
            write(unfinished, trainer, tokenizer, state);
            retire(done);
            Files.move(unfinished, done, StandardCopyOption.ATOMIC_MOVE);
        } catch (Throwable failure) {
            try {
                remove(unfinished);
            } catch (IOException left) {
                failure.addSuppressed(left);
            }
            if (failure instanceof IOException e) {
                throw explained(e, trainer);
            }
            throw failure;
        }
        // Before the new one is surely on disk no older one may go.
        AtomicFiles.force(folder);
        List<Checkpoint> all = all();
        for (Checkpoint old : all.subList(0, Math.max(0, all.size() - keep))) {
            retire(old.folder());
        }
        return done;
    }

    /** Bytes of the numbers in a checkpoint; the rest is small. */
    private static long size(Trainer trainer) {
        long model = trainer.evaluated().trained().values().stream().mapToLong(Tensor::bytes).sum();
        return model + Checkpoint.bytesBeside(trainer);
    }

    private IOException explained(IOException failure, Trainer trainer) {
        try {
            return explained(failure, trainer.step(), size(trainer), DiskSpace.of(folder));
        } catch (IOException unknown) {
            failure.addSuppressed(unknown);
            return failure;
        }
    }

    /**
     * What to do about a checkpoint that could not be written, where that is for want of room.
     *
     * @param needed bytes of a checkpoint
     * @param room of the disk, without the checkpoint
     */
    IOException explained(IOException failure, long step, long needed, DiskSpace room) throws IOException {
        if (room.left() > needed + needed / 64 + SMALL_FILES) {
            return failure;
        }
        return new IOException(
                "the checkpoint of step "
                        + step
                        + " takes about "
                        + ByteSize.of(needed)
                        + ", but "
                        + room
                        + " without it, and it was not saved: "
                        + failure.getMessage()
                        + "; "
                        + latest().map(newest -> "make room, and go on from " + newest.getFileName() + " by --resume")
                                .orElse("no checkpoint is saved yet: make room, and begin again"),
                failure);
    }

    private void write(Path unfinished, Trainer trainer, Optional<Path> tokenizer, RunState state) throws IOException {
        boolean first = !Files.exists(folder);
        Files.createDirectories(unfinished);
        if (first) {
            AtomicFiles.force(folder.toAbsolutePath().getParent());
        }
        Map<String, FileDigest> files = new LinkedHashMap<>(ModelFolder.save(trainer.evaluated(), unfinished));
        if (tokenizer.isPresent()) {
            copy(tokenizer.get(), TextTokenizer.FILE_NAME, unfinished, files);
            for (String name : List.of(TextTokenizer.CONFIGURATION_NAME, ChatTemplate.FILE_NAME)) {
                Path beside = tokenizer.get().resolveSibling(name);
                if (Files.exists(beside)) {
                    copy(beside, name, unfinished, files);
                }
            }
        }
        files.put(Checkpoint.MOMENTS, Checkpoint.saveBeside(trainer, unfinished.resolve(Checkpoint.MOMENTS)));
        Checkpoint.seal(unfinished, state.json(), trainer.step(), files);
    }

    private static void copy(Path from, String name, Path folder, Map<String, FileDigest> files) throws IOException {
        files.put(name, AtomicFiles.write(folder.resolve(name), Files.readAllBytes(from)));
    }

    private static Path hidden(Path checkpoint, String suffix) {
        return checkpoint.resolveSibling("." + checkpoint.getFileName() + suffix);
    }

    /** Deletes a checkpoint; half deleted it would look like one. */
    private static void retire(Path checkpoint) throws IOException {
        if (Files.exists(checkpoint)) {
            Path removed = hidden(checkpoint, REMOVED);
            remove(removed);
            Files.move(checkpoint, removed, StandardCopyOption.ATOMIC_MOVE);
            remove(removed);
        }
    }

    /**
     * Deletes what killed runs have left: checkpoints half written or half deleted. No other run may be using the
     * folder.
     *
     * @throws IOException if one cannot be deleted
     */
    public void sweep() throws IOException {
        List<Path> left = new ArrayList<>();
        if (Files.isDirectory(folder)) {
            try (Stream<Path> entries = Files.list(folder)) {
                entries.filter(Checkpoints::isLeft).forEach(left::add);
            }
        }
        for (Path each : left) {
            remove(each);
        }
    }

    private static boolean isLeft(Path entry) {
        String name = entry.getFileName().toString();
        return Stream.of(UNFINISHED, REMOVED)
                .filter(name::endsWith)
                .map(suffix -> name.substring(0, name.length() - suffix.length()))
                .anyMatch(rest -> rest.startsWith(".") && Checkpoint.isNamed(Path.of(rest.substring(1))));
    }

    /**
     * Takes checkpoints out of the run without deleting them: they are renamed to end in a word.
     *
     * @param after those of later steps than this one
     * @param word what is the matter with them
     * @return the folders as they are called now
     * @throws IOException if one cannot be renamed
     */
    public List<Path> setAside(long after, String word) throws IOException {
        List<Path> aside = new ArrayList<>();
        for (Checkpoint checkpoint : all()) {
            if (checkpoint.namedStep() > after) {
                String name = checkpoint.folder().getFileName() + "-" + word;
                Path to = checkpoint.folder().resolveSibling(name);
                for (int i = 2; Files.exists(to); i++) {
                    to = to.resolveSibling(name + "-" + i);
                }
                Files.move(checkpoint.folder(), to, StandardCopyOption.ATOMIC_MOVE);
                aside.add(to);
            }
        }
        if (!aside.isEmpty()) {
            AtomicFiles.force(folder);
        }
        return aside;
    }

    /**
     * The newest checkpoint, whole or not.
     *
     * @return its folder, if there is any
     * @throws IOException if the folder cannot be read
     */
    public Optional<Path> latest() throws IOException {
        return latest(Long.MAX_VALUE);
    }

    /**
     * The newest checkpoint up to a step, whole or not.
     *
     * @param step the latest step it may be of
     * @return its folder, if there is any
     * @throws IOException if the folder cannot be read
     */
    public Optional<Path> latest(long step) throws IOException {
        return all().reversed().stream()
                .filter(checkpoint -> checkpoint.namedStep() <= step)
                .map(Checkpoint::folder)
                .findFirst();
    }

    /**
     * A checkpoint by the name of its folder.
     *
     * @param name such as {@code step-00001000}
     * @return the checkpoint, whole or not, if there is one
     * @throws IOException if the folder cannot be read
     */
    public Optional<Checkpoint> named(String name) throws IOException {
        return all().stream()
                .filter(checkpoint -> checkpoint.folder().getFileName().toString().equals(name))
                .findFirst();
    }

    /**
     * The newest checkpoint that is whole, all of whose files are read for that.
     *
     * @param before of those of earlier steps than this one
     * @return the checkpoint, if there is any
     * @throws IOException if the folder cannot be read
     */
    public Optional<Checkpoint> latestWhole(long before) throws IOException {
        for (Checkpoint checkpoint : all().reversed()) {
            if (checkpoint.namedStep() < before && isWhole(checkpoint)) {
                return Optional.of(checkpoint);
            }
        }
        return Optional.empty();
    }

    private static boolean isWhole(Checkpoint checkpoint) {
        try {
            checkpoint.verify(Verification.WHOLE);
            return true;
        } catch (IOException | InputException damaged) {
            return false;
        }
    }

    /** Oldest first; what else lies in the folder is the user's. */
    private List<Checkpoint> all() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Checkpoint::isNamed)
                    .filter(Files::isDirectory)
                    .map(Checkpoint::new)
                    .sorted(Comparator.comparingLong(Checkpoint::namedStep))
                    .toList();
        }
    }

    private static void remove(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> entries = Files.walk(tree)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        }
    }
}
