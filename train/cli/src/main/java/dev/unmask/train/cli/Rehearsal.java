package dev.unmask.train.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Runs what short commands do, on a model of its own, while the JVM notes which classes it loads and what is worth to be
 * compiled; from these notes it makes the cache of a quick start.
 */
public final class Rehearsal {
    private static final List<String> WHO = List.of("a cat", "the dog", "an owl", "one horse", "the old fox");
    private static final List<String> WHAT = List.of("sees", "finds", "follows", "hides from", "waits for");
    private static final List<String> WHERE = List.of("in the wood", "by the river", "at night", "under a tree");

    private Rehearsal() {}

    /**
     * Runs the commands and exits: with 0 if each could be run, else as the first that could not.
     *
     * @param arguments an empty folder for the model
     * @throws IOException if it cannot be written to
     */
    public static void main(String[] arguments) throws IOException {
        Locale.setDefault(Locale.ROOT);
        StandardOutput.install();
        Path folder = Path.of(arguments[0]);
        Path text = Files.writeString(folder.resolve("text.txt"), text());
        String run = folder.resolve("run").toString();
        for (List<String> command : commands(text.toString(), run)) {
            int code = Main.run(command.toArray(String[]::new));
            if (code != Main.DONE) {
                System.exit(code);
            }
        }
        System.exit(Main.DONE);
    }

    private static String text() {
        return IntStream.range(0, WHO.size() * WHAT.size() * WHERE.size() * WHO.size())
                .mapToObj(i -> {
                    int what = i / WHO.size();
                    int where = what / WHAT.size();
                    int whom = where / WHERE.size();
                    return String.join(
                            " ",
                            WHO.get(i % WHO.size()),
                            WHAT.get(what % WHAT.size()),
                            WHO.get(whom),
                            WHERE.get(where % WHERE.size()) + ".\n");
                })
                .collect(Collectors.joining());
    }

    private static List<List<String>> commands(String text, String run) {
        return List.of(
                List.of("--version"),
                List.of("--help"),
                List.of("backends"),
                List.of("train", "--data", text, "--out", run, "--preset", "tiny", "--vocab", "300", "--steps", "2"),
                List.of("fill", "--model", run, "the ____ of a ____:2"),
                List.of("fill", "--model", run, "--alternatives", "3", "a ____ sees ____{the dog|an owl} at ____:1-2"),
                List.of("inspect", run));
    }
}
