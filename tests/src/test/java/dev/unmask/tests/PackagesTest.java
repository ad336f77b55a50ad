package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Arrows between packages go one way: a package can be understood by itself and those that it uses. */
class PackagesTest {
    /** Modules that every build has; the tornado backend is looked at where it is built. */
    private static final Set<String> MODULES =
            Set.of("tensor", "vector-backend", "model", "sample", "sample/serve", "train", "train/cli");

    /** How deep modules lie, and their classes in them. */
    private static final int DEPTH = 4;

    private static final Pattern OURS = Pattern.compile("(dev/unmask(?:/[a-z0-9]+)+)/[A-Z]");

    @Test
    void noPackageNeedsOneThatNeedsIt() {
        Map<String, Set<String>> needs = needs();
        List<String> circles = new ArrayList<>();
        for (String each : needs.keySet()) {
            path(needs, each).ifPresent(way -> circles.add(String.join(" -> ", way)));
        }
        assertEquals(List.of(), circles, "move what two packages share below both");
    }

    /** Of each package those that its classes name. */
    private static Map<String, Set<String>> needs() {
        Map<String, Set<String>> needs = new TreeMap<>();
        Path root = Path.of("").toAbsolutePath().getParent();
        Set<String> built = new TreeSet<>();
        for (Path folder : found(root, DEPTH, path -> path.endsWith("target/classes"))) {
            List<Path> classes = found(folder, Integer.MAX_VALUE, path -> path.toString().endsWith(".class"));
            if (!classes.isEmpty()) {
                built.add(root.relativize(folder).getParent().getParent().toString());
            }
            classes.forEach(file -> needs(file, needs));
        }
        assertTrue(built.containsAll(MODULES), () -> "found classes of " + built + " alone: build the others first");
        return needs;
    }

    private static void needs(Path file, Map<String, Set<String>> needs) {
        try {
            ClassModel model = ClassFile.of().parse(file);
            Matcher own = OURS.matcher(model.thisClass().asInternalName());
            if (!own.lookingAt()) {
                return;
            }
            Set<String> its = needs.computeIfAbsent(own.group(1), _ -> new TreeSet<>());
            for (PoolEntry entry : model.constantPool()) {
                if (entry instanceof Utf8Entry text) {
                    // Names of classes, descriptors and signatures alike.
                    OURS.matcher(text.stringValue()).results().map(match -> match.group(1)).forEach(its::add);
                }
            }
            its.remove(own.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The shortest way from a package back to itself. */
    private static Optional<List<String>> path(Map<String, Set<String>> needs, String start) {
        Map<String, String> from = new TreeMap<>();
        Deque<String> open = new ArrayDeque<>(List.of(start));
        while (!open.isEmpty()) {
            String at = open.removeFirst();
            for (String next : needs.getOrDefault(at, Set.of())) {
                if (next.equals(start)) {
                    List<String> way = new ArrayList<>(List.of(start));
                    for (String back = at; !back.equals(start); back = from.get(back)) {
                        way.addFirst(back);
                    }
                    way.addFirst(start);
                    return Optional.of(way);
                }
                if (from.putIfAbsent(next, at) == null) {
                    open.addLast(next);
                }
            }
        }
        return Optional.empty();
    }

    private static List<Path> found(Path folder, int depth, Predicate<Path> wanted) {
        try (Stream<Path> tree = Files.walk(folder, depth)) {
            return tree.filter(wanted).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
