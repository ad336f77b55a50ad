package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Collectors;

/** Finds the files of text that paths mean. */
final class TextFolder extends SimpleFileVisitor<Path> {
    private final Path root;
    private final TextFiles.Layout layout;
    private final List<Path> taken = new ArrayList<>();
    private final List<Path> left = new ArrayList<>();

    /**
     * What was found.
     *
     * @param taken files to read, in order
     * @param left files of folders whose names end otherwise
     */
    record Found(List<Path> taken, List<Path> left) {}

    private TextFolder(Path root, TextFiles.Layout layout) {
        this.root = root;
        this.layout = layout;
    }

    static Found files(List<Path> paths, TextFiles.Layout layout) throws IOException {
        List<Path> taken = new ArrayList<>();
        List<Path> left = new ArrayList<>();
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                TextFolder folder = walk(path, layout);
                if (folder.taken.isEmpty()) {
                    List<TextFiles.Layout> records = folder.leftRecords();
                    throw new NoSuchFileException(
                            path.toString(),
                            null,
                            "the folder has no file that ends in "
                                    + String.join(", ", layout.endings())
                                    + ", or in one of these and .gz or .zst"
                                    + (records.isEmpty()
                                            ? ""
                                            : ", but some that end in "
                                                    + records.stream()
                                                            .flatMap(one -> one.endings().stream())
                                                            .collect(Collectors.joining(", "))
                                                    + ": say by --documents which are to be read"));
                }
                folder.taken.stream().sorted().forEach(taken::add);
                left.addAll(folder.left);
            } else if (Files.isRegularFile(path)) {
                taken.add(path);
            } else if (Files.exists(path)) {
                throw new InputException(
                        path
                                + ": found no regular file; a text is read more than once, so write what comes out of a"
                                + " pipe to a file first");
            } else {
                throw new NoSuchFileException(
                        path.toString(), null, "expected wordnet, a text file or a folder of text files");
            }
        }
        for (Path file : taken) {
            if (!Files.isReadable(file)) {
                throw new AccessDeniedException(file.toString());
            }
        }
        return new Found(List.copyOf(taken), List.copyOf(left));
    }

    private static TextFolder walk(Path path, TextFiles.Layout layout) throws IOException {
        TextFolder folder = new TextFolder(path, layout);
        Files.walkFileTree(path, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, folder);
        return folder;
    }

    /**
     * As what a folder is read: as was asked for, or, where that is text and there is none, its one kind of records.
     */
    static TextFiles.Layout layout(Path path, TextFiles.Layout asked) throws IOException {
        if (TextFiles.Layout.RECORDS.contains(asked)) {
            return asked;
        }
        TextFolder folder = walk(path, asked);
        List<TextFiles.Layout> records = folder.leftRecords();
        return folder.taken.isEmpty() && records.size() == 1 ? records.getFirst() : asked;
    }

    /** The kinds of records whose files are not read. */
    private List<TextFiles.Layout> leftRecords() {
        return TextFiles.Layout.RECORDS.stream().filter(kind -> left.stream().anyMatch(kind::takes)).toList();
    }

    private static boolean isHidden(Path path) {
        return path.getFileName() != null && path.getFileName().toString().startsWith(".");
    }

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
        return !folder.equals(root) && isHidden(folder) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
        if (isHidden(file)) {
            return FileVisitResult.CONTINUE;
        }
        if (!layout.takes(file)) {
            left.add(file);
        } else if (attributes.isRegularFile()) {
            taken.add(file);
        } else {
            throw new InputException(
                    file
                            + ": found "
                            + (attributes.isSymbolicLink()
                                    ? "a symbolic link that leads to no file"
                                    : "no regular file")
                            + ", expected text; remove it from the folder or give it another name");
        }
        return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
        if (failure instanceof FileSystemLoopException) {
            throw new InputException(
                    file
                            + ": found a symbolic link to a folder that it lies in, which has no end; remove it, or"
                            + " name the files",
                    failure);
        }
        throw failure;
    }
}
