package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rules of all kinds go with each other: any set of flags does its work or is refused in a sentence, none is a fault of ours. */
class OddCombinationsTest {
    private static final int COMBINATIONS = 60;

    /** Of each kind of rule what may be asked for; an empty string is nothing. */
    private static final List<List<String>> RULES =
            List.of(
                    List.of("", "", "--sampler llada", "--sampler dream", "--sampler fast", "--sampler best"),
                    List.of(
                            "",
                            "--order confidence",
                            "--order margin",
                            "--order entropy --order-temperature 0.5",
                            "--order random",
                            "--order left_to_right",
                            "--order ancestral"),
                    List.of("", "--steps 1", "--steps 3", "--steps 1000"),
                    List.of(
                            "",
                            "--threshold 0.9",
                            "--threshold 0",
                            "--threshold 1 --schedule even",
                            "--factor 0.5",
                            "--entropy-budget 0.1",
                            "--schedule cosine",
                            "--schedule smdm",
                            "--schedule ancestral"),
                    List.of(
                            "",
                            "",
                            "--remasking p2",
                            "--remasking p2 --remasking-strength 0",
                            "--remasking remdm-cap",
                            "--remasking remdm-rescale",
                            "--remasking remdm-conf",
                            "--remasking edit --remasking-strength 0"),
                    List.of("", "--block-length 1", "--block-length 7", "--block-length 1000"),
                    List.of("", "--cache prefix", "--cache dual", "--cache delayed --cache-refresh 2", "--cache exact"),
                    List.of("", "--guidance 1.5", "--guidance 3 --guidance-interval 0.3,0.7"),
                    List.of("", "--temperature 1", "--temperature 1e6", "--top-k 1", "--top-p 0", "--top-p 0.5"),
                    List.of("", "--repetition-penalty 1.3"),
                    List.of("", "--no-end", "--end-last", "--stop-at-end", "--batch-global"));

    @TempDir private Path folder;
    private String model;

    @BeforeEach
    void save() throws IOException {
        Path saved = folder.resolve("masked");
        Files.createDirectories(saved);
        try (Backend backend = Backends.cpu()) {
            ByteTokenizer bytes = new ByteTokenizer();
            ModelFolder.save(
                    Initialization.of(backend, ModelConfig.masked(1, 2, 16, 24, bytes.vocabulary()), 1), saved);
            bytes.save(saved);
        }
        model = saved.toString();
    }

    private List<String> flags(int combination) {
        List<String> flags = new ArrayList<>();
        for (int kind = 0; kind < RULES.size(); kind++) {
            List<String> rules = RULES.get(kind);
            String rule = rules.get((int) Philox.bounded(1, Purpose.SYNTHESIS, combination, kind, rules.size()));
            flags.addAll(Arrays.stream(rule.split(" ")).filter(word -> !word.isEmpty()).toList());
        }
        return flags;
    }

    private CommandLineOutcome of(String command, List<String> flags, String... more) {
        List<String> all = new ArrayList<>(List.of(command, "--model", model, "--threads", "1"));
        all.addAll(flags);
        all.addAll(List.of(more));
        return CommandLineOutcome.of(all.toArray(String[]::new));
    }

    private static void requireDoneOrRefused(List<String> flags, CommandLineOutcome outcome) {
        assertTrue(outcome.code() == 0 || outcome.code() == 2, flags + " " + outcome);
        if (outcome.code() == 2) {
            assertTrue(outcome.err().contains("found"), flags + " " + outcome.err());
        }
    }

    @Test
    void ofSample() {
        int done = 0;
        for (int i = 0; i < COMBINATIONS; i++) {
            String prompt = List.of("", "the cat", "שלום 🐈‍⬛ ____").get(i % 3);
            CommandLineOutcome outcome =
                    of("sample", flags(i), "--prompt", prompt, "--length", "29", "--count", "3", "--batch", "2");
            requireDoneOrRefused(flags(i), outcome);
            done += outcome.code() == 0 ? 1 : 0;
        }
        assertTrue(done > COMBINATIONS / 4, done + " of them sampled");
    }

    @Test
    void ofFill() {
        int done = 0;
        for (int i = 0; i < COMBINATIONS; i++) {
            String text =
                    List.of("____ the ____:1-2", "____{cat|dog} ____{letters}", "שלום ____:3 🐈‍⬛ \\____", "____:5-*").get(i % 4);
            CommandLineOutcome outcome = of("fill", flags(1000 + i), text, "--alternatives", "" + (1 + i % 2));
            requireDoneOrRefused(flags(1000 + i), outcome);
            done += outcome.code() == 0 ? 1 : 0;
        }
        assertTrue(done > COMBINATIONS / 8, done + " of them filled");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "____",
                "____ ____",
                "____:2____:3[MASK]",
                "____{a|the cat} on ____:1-2 with ____:2{letters} and ____",
                "a\\____b ____",
                "\\[MASK] ____ \\\\____",
                "____\\:3 {a|b} ____\\{a|b}",
                "____:1-*{letters} dog",
                "the ____:*",
                "____:3-*{words}",
                "\u202eשלום ____ 🐈‍⬛",
                "e\u0301 ____ \uD83D\uDC68\u200D\uD83D\uDC69\u200D\uD83D\uDC67",
                " ____ ",
                "____{🐈|🐕‍🦺}",
            })
    void blanksOfAllKindsInOneText(String text) {
        for (String alternatives : List.of("1", "4")) {
            CommandLineOutcome outcome = of("fill", List.of(), text, "--alternatives", alternatives);
            assertEquals(0, outcome.code(), text + ": " + outcome);
            List<String> lines = outcome.out().lines().toList();
            assertEquals(lines.size(), lines.stream().distinct().count(), outcome.out());
        }
    }
}
