package dev.unmask.train.experiment;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an experiment has measured so far, in {@code trials.jsonl}: a line for each model, with its numbers. Beside it
 * {@code settings.json} keeps what the numbers depend on; other settings need another folder.
 */
public final class Trials {
    private static final String TRIAL = "trial";
    private static final String SECONDS = "seconds";

    private final Path file;
    private final int seeds;
    private final Map<String, ObjectNode> lines = new LinkedHashMap<>();

    private Trials(Path file, int seeds) {
        this.file = file;
        this.seeds = seeds;
    }

    /**
     * Opens the trials of an experiment that begins or goes on.
     *
     * @param folder the experiment's; made if missing
     * @param settings what the numbers depend on
     * @param seeds how many of each are looked at, though the folder may hold more
     * @return the trials that are done
     * @throws IOException if the folder cannot be read or written
     * @throws InputException if it holds trials of other settings
     */
    public static Trials open(Path folder, Map<String, String> settings, int seeds) throws IOException {
        Files.createDirectories(folder);
        KeptSettings.agree(folder.resolve("settings.json"), "an experiment", settings);
        Trials trials = new Trials(folder.resolve("trials.jsonl"), seeds);
        if (Files.exists(trials.file)) {
            int number = 0;
            for (String line : Files.readAllLines(trials.file)) {
                ObjectNode trial = StrictJson.parse(line, trials.file + " line " + ++number);
                trials.lines.put(trial.path(TRIAL).asText(), trial);
            }
        }
        return trials;
    }

    /**
     * Whether a trial is done.
     *
     * @param trial its name
     * @return whether its numbers are there
     */
    public boolean has(String trial) {
        return lines.containsKey(trial);
    }

    /**
     * Keeps what a trial has come to.
     *
     * @param trial its name
     * @param values its numbers
     * @param seconds that it took
     * @throws IOException if it cannot be written
     */
    public void add(String trial, Map<String, Double> values, double seconds) throws IOException {
        ObjectNode line = StrictJson.parse("{}", TRIAL);
        line.put(TRIAL, trial);
        values.forEach(line::put);
        line.put(SECONDS, seconds);
        lines.put(trial, line);
        StringBuilder all = new StringBuilder();
        lines.values().forEach(each -> all.append(StrictJson.line(each)).append('\n'));
        AtomicFiles.write(file, all.toString());
    }

    /**
     * All numbers of one name in trials that differ in their seed.
     *
     * @param trial the name without {@code -seed…}
     * @param value which number
     * @return one for each seed that is done, in the order of the seeds
     */
    public List<Double> values(String trial, String value) {
        List<Double> found = new ArrayList<>();
        for (int seed = 1; seed <= seeds; seed++) {
            ObjectNode line = lines.get(named(trial, seed));
            if (line != null && line.has(value)) {
                found.add(line.path(value).asDouble());
            }
        }
        return Collections.unmodifiableList(found);
    }

    /**
     * The mean over seeds.
     *
     * @param trial the name without {@code -seed…}
     * @param value which number
     * @return the mean
     */
    public Mean mean(String trial, String value) {
        return Mean.of(values(trial, value));
    }

    /**
     * The difference of two numbers of the same trials, seed by seed.
     *
     * @param trial the name without {@code -seed…}
     * @param value which number
     * @param less which is subtracted from it
     * @return the mean of the differences
     */
    public Mean difference(String trial, String value, String less) {
        List<Double> differences = new ArrayList<>(values(trial, value));
        List<Double> subtracted = values(trial, less);
        for (int i = 0; i < differences.size(); i++) {
            differences.set(i, differences.get(i) - subtracted.get(i));
        }
        return Mean.of(differences);
    }

    /**
     * Time that all trials took.
     *
     * @return seconds
     */
    public double seconds() {
        return lines.values().stream().mapToDouble(line -> line.path(SECONDS).asDouble()).sum();
    }

    private static final String SEED = "-seed";

    /**
     * The name of a trial.
     *
     * @param trial the name without its seed
     * @param seed the seed
     * @return both
     */
    public static String named(String trial, long seed) {
        return trial + SEED + seed;
    }
}
