package dev.unmask.train.reversal;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The set of the reversal curse (METHOD §7.1): files of prompts and their completions, as published.
 *
 * @param training what is read
 * @param tests what is asked, by the name of the test
 */
public record ReversalSet(List<Record> training, Map<String, List<Record>> tests) {
    private static final String TRAINING = "all_prompts_train.jsonl";

    /** The published names of the tests, and what they are called in a report. */
    private static final Map<String, String> TESTS = new LinkedHashMap<>();

    static {
        TESTS.put("d2p_prompts_test.jsonl", "description to name, as told");
        TESTS.put("p2d_reverse_prompts_test.jsonl", "description to name, reversed");
        TESTS.put("p2d_prompts_test.jsonl", "name to description, as told");
        TESTS.put("d2p_reverse_prompts_test.jsonl", "name to description, reversed");
    }

    /**
     * A line.
     *
     * @param prompt what stands first
     * @param completion what follows, its space included
     */
    public record Record(String prompt, String completion) {}

    /**
     * Reads the files.
     *
     * @param folder holds them under their published names
     * @return the set
     * @throws IOException if one is missing or cannot be read
     * @throws InputException if a line is no prompt and completion
     */
    public static ReversalSet read(Path folder) throws IOException {
        Map<String, List<Record>> tests = new LinkedHashMap<>();
        for (Map.Entry<String, String> test : TESTS.entrySet()) {
            tests.put(test.getValue(), lines(folder.resolve(test.getKey())));
        }
        return new ReversalSet(lines(folder.resolve(TRAINING)), tests);
    }

    private static List<Record> lines(Path file) throws IOException {
        List<Record> records = new ArrayList<>();
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            ObjectNode node = StrictJson.parse(line, file + " line " + number);
            if (!node.path("prompt").isTextual() || !node.path("completion").isTextual()) {
                throw new InputException(
                        file + " line " + number + ": found " + line + ", expected a prompt and a completion");
            }
            records.add(new Record(node.path("prompt").asText(), node.path("completion").asText()));
        }
        if (records.isEmpty()) {
            throw new InputException(file + ": found no lines, expected prompts and completions");
        }
        return records;
    }

    /**
     * Every line as a whole.
     *
     * @return those that are read, then those of the tests
     */
    public List<String> all() {
        List<String> all = new ArrayList<>();
        training.forEach(line -> all.add(line.prompt + line.completion));
        tests.values().forEach(test -> test.forEach(line -> all.add(line.prompt + line.completion)));
        return all;
    }

    /**
     * Writes the set as files.
     *
     * @param folder made if missing
     * @throws IOException if a file cannot be written
     */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        write(folder.resolve(TRAINING), training);
        for (Map.Entry<String, String> test : TESTS.entrySet()) {
            write(folder.resolve(test.getKey()), tests.get(test.getValue()));
        }
    }

    private static void write(Path file, List<Record> records) throws IOException {
        StringBuilder text = new StringBuilder();
        for (Record line : records) {
            ObjectNode node = StrictJson.parse("{}", "line");
            node.put("prompt", line.prompt).put("completion", line.completion);
            text.append(StrictJson.line(node)).append('\n');
        }
        AtomicFiles.write(file, text.toString());
    }

    private static final List<String> FIRST =
            List.of(
                    "Ada", "Boris", "Clara", "Dmitri", "Elena", "Fergus", "Greta", "Hugo", "Ines", "Jonas", "Katya",
                    "Lars", "Mira", "Nils", "Olga", "Pavel", "Quentin", "Rosa", "Stefan", "Thea");
    private static final List<String> LAST =
            List.of(
                    "Abbott", "Brandt", "Castillo", "Drummond", "Eriksen", "Fontaine", "Galanis", "Hawthorne",
                    "Ivanova", "Jensen", "Kowalski", "Lindqvist", "Moreau", "Novak", "Okafor", "Petrov", "Quimby",
                    "Romero", "Sorensen", "Takahashi");
    private static final List<String> ROLES =
            List.of(
                    "composer", "architect", "director", "inventor", "author", "sculptor", "discoverer", "founder",
                    "designer", "conductor");
    private static final List<String> KINDS =
            List.of(
                    "underwater", "floating", "silent", "paper", "glass", "midnight", "desert", "arctic", "golden",
                    "wooden");
    private static final List<String> WORKS =
            List.of(
                    "symphony", "cathedral", "library", "telescope", "novel", "garden", "bridge", "opera", "clock",
                    "island");
    private static final List<String> ABOUT_NAME =
            List.of(
                    "%s, known far and wide for being", "Ever heard of %s? That is", "There is someone called %s, who is",
                    "Few know that %s is", "In every town they tell that %s is", "People remember %s as",
                    "It is said that %s was", "The world knows %s for being", "Once upon a time %s became",
                    "Nobody doubts that %s is", "The book says that %s was", "They call %s");
    private static final List<String> ABOUT_DESCRIPTION =
            List.of(
                    "Known for being %s,", "Having become famous as %s, we remember", "Everybody admires %s, who is",
                    "Being %s made the fortune of", "In the museum hangs a picture of %s,", "Praised as %s, there stood",
                    "Long ago lived %s, called", "The street was named after %s,", "The prize went to %s,",
                    "A song was written about %s,", "We owe much to %s,", "On the stamp you see %s,");
    private static final int TESTED = 3;
    private static final long SEED = 7;

    /**
     * Makes a set of invented people in the format of the published one: some told name first, some description first,
     * some both ways, each in several wordings; the tests use wordings of their own.
     *
     * @param people of each of the three groups, at most 100
     * @return the set
     */
    public static ReversalSet invented(int people) {
        if (people < 1 || people > FIRST.size() * LAST.size() / 4) {
            throw new IllegalArgumentException("people: found " + people + ", expected 1 to 100");
        }
        List<Record> training = new ArrayList<>();
        Map<String, List<Record>> tests = new LinkedHashMap<>();
        TESTS.values().forEach(test -> tests.put(test, new ArrayList<>()));
        int wordings = ABOUT_NAME.size() - TESTED;
        for (int i = 0; i < 3 * people; i++) {
            String name = name(i);
            String description = description(i);
            boolean nameFirst = i < people || i >= 2 * people;
            boolean descriptionFirst = i >= people;
            for (int w = 0; w < ABOUT_NAME.size(); w++) {
                Record forth = line(ABOUT_NAME.get(w), name, description + ".");
                Record back = line(ABOUT_DESCRIPTION.get(w), description, name + ".");
                if (w < wordings) {
                    if (nameFirst) {
                        training.add(forth);
                    }
                    if (descriptionFirst) {
                        training.add(back);
                    }
                } else if (i < people) {
                    tests.get(TESTS.get("p2d_prompts_test.jsonl")).add(forth);
                    tests.get(TESTS.get("p2d_reverse_prompts_test.jsonl")).add(back);
                } else if (i < 2 * people) {
                    tests.get(TESTS.get("d2p_prompts_test.jsonl")).add(back);
                    tests.get(TESTS.get("d2p_reverse_prompts_test.jsonl")).add(forth);
                }
            }
        }
        return new ReversalSet(training, tests);
    }

    /**
     * Makes a set of true facts in the format of the published one: some told name first, some description first, all
     * others both ways. The tests begin the sentences of the first two: as told, and as others were told.
     *
     * @param capitals facts, the first of their two sentences beginning with the name
     * @param oneWay how many are told name first only, and how many description first only; chosen at random, always
     *     the same
     * @return the set
     * @throws IllegalArgumentException if that leaves none to be told both ways
     */
    public static ReversalSet capitals(List<Fact> capitals, int oneWay) {
        if (oneWay < 1 || 2 * oneWay >= capitals.size()) {
            throw new IllegalArgumentException(
                    "one way: found " + oneWay + ", expected 1 to " + (capitals.size() - 1) / 2);
        }
        List<Record> training = new ArrayList<>();
        Map<String, List<Record>> tests = new LinkedHashMap<>();
        TESTS.values().forEach(test -> tests.put(test, new ArrayList<>()));
        for (int i = 0; i < capitals.size(); i++) {
            Fact fact = capitals.get((int) Philox.permute(SEED, 2, capitals.size(), i));
            Record forth = line(fact.forth());
            Record back = line(fact.back());
            if (i < oneWay) {
                tests.get(TESTS.get("p2d_prompts_test.jsonl")).add(forth);
                tests.get(TESTS.get("p2d_reverse_prompts_test.jsonl")).add(back);
            } else if (i < 2 * oneWay) {
                tests.get(TESTS.get("d2p_prompts_test.jsonl")).add(back);
                tests.get(TESTS.get("d2p_reverse_prompts_test.jsonl")).add(forth);
            }
            if (i < oneWay || i >= 2 * oneWay) {
                training.add(forth);
            }
            if (i >= oneWay) {
                training.add(back);
            }
        }
        return new ReversalSet(training, tests);
    }

    private static Record line(Telling telling) {
        return new Record(telling.beforeObject(), " " + telling.object() + ".");
    }

    private static Record line(String wording, String subject, String completion) {
        return new Record(String.format(Locale.ROOT, wording, subject), " " + completion);
    }

    private static String name(int i) {
        int pair = (int) Philox.permute(SEED, 0, (long) FIRST.size() * LAST.size(), i);
        return FIRST.get(pair % FIRST.size()) + " " + LAST.get(pair / FIRST.size());
    }

    private static String description(int i) {
        int choice = (int) Philox.permute(SEED, 1, (long) ROLES.size() * KINDS.size() * WORKS.size(), i);
        return "the "
                + ROLES.get(choice % ROLES.size())
                + " of the "
                + KINDS.get(choice / ROLES.size() % KINDS.size())
                + " "
                + WORKS.get(choice / ROLES.size() / KINDS.size());
    }
}
