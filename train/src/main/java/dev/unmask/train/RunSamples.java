package dev.unmask.train;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.json.StrictJson;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.TextSampler;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.DiskSpace;
import dev.unmask.train.data.TokenBlocks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How a run's model goes on with beginnings of held-out text, from validation to validation: {@code samples.jsonl}, a
 * line a text. The same step writes the same.
 */
public final class RunSamples {
    private static final String NAME = "samples.jsonl";

    /** Tokens of a text, its beginning included: enough to see what a model has learnt. */
    static final int LONGEST = 128;

    /**
     * Tokens that a beginning may have more when it is encoded again: a character that a sequence cuts becomes one that
     * stands for the unreadable.
     */
    static final int ENCODED_AGAIN = 16;

    /** Passes through a masked model. */
    private static final int STEPS = 32;

    private final Path file;
    private final LanguageModel model;
    private final TextSampler sampler;
    private final List<Beginning> beginnings;

    /**
     * How the model went on with a text.
     *
     * @param step steps of training
     * @param given how the text begins
     * @param made what the model wrote behind it
     */
    public record Written(long step, String given, String made) {}

    /** A text, the tokens that are to follow it, and how many both are at the most. */
    private record Beginning(String text, int more, int longest) {}

    private RunSamples(Path file, LanguageModel model, List<Beginning> beginnings) {
        this.file = file;
        this.model = model;
        this.sampler = new TextSampler(model);
        this.beginnings = beginnings;
    }

    /**
     * Goes on with what the steps before have written.
     *
     * @param run the run, which stands at its first step or at that of a checkpoint
     * @param folder its folder
     * @return empty if the run wants no samples or has no text for them
     * @throws IOException if a file cannot be read or written
     */
    public static Optional<RunSamples> of(Run run, Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        long step = run.trainer().step();
        List<Written> before = step == 0 ? List.of() : read(folder).stream().filter(w -> w.step() <= step).toList();
        List<Beginning> beginnings = beginnings(run);
        if (beginnings.isEmpty()) {
            Files.deleteIfExists(file);
            return Optional.empty();
        }
        StringBuilder lines = new StringBuilder();
        before.forEach(written -> lines.append(line(written)));
        Files.createDirectories(folder);
        AtomicFiles.write(file, lines.toString());
        return Optional.of(new RunSamples(file, run.model(), beginnings));
    }

    private static List<Beginning> beginnings(Run run) {
        TokenBlocks text = run.data().validation();
        int length = run.config().trainer().length();
        List<Beginning> found = new ArrayList<>();
        for (long i = 0; i < Math.min(text.blocks(length), run.config().validation().samples()); i++) {
            int[] tokens = new int[length];
            text.block(i, length, tokens, 0);
            TokenBlocks.Extent extent = text.extent(i, length);
            int given = extent.given() > 0 ? extent.given() : Math.min(extent.text(), LONGEST) / 2;
            int end = end(given, length);
            int more = end - given;
            if (given > 0 && more > 0) {
                found.add(
                        new Beginning(
                                run.data().tokenizer().decode(Arrays.copyOf(tokens, given)),
                                more,
                                end + ENCODED_AGAIN));
            }
        }
        return found;
    }

    /** Tokens of a text that begins with so many, in a run of sequences of a length. */
    static int end(int given, int length) {
        // Behind a long prompt there is room for an answer, too.
        return Math.min(length, Math.max(LONGEST, given + LONGEST / 2));
    }

    /** How a model writes so many tokens. */
    static SamplerSettings settings(ModelConfig model, int more) {
        boolean whole = !model.causal() && model.network().blockLength() == 0;
        SamplerSettings usual = SamplerSettings.defaults(model);
        return whole ? usual.withSteps(Math.min(STEPS, more)) : usual;
    }

    /**
     * Lets the model write.
     *
     * @param step steps of training
     * @throws IOException if that cannot be kept
     */
    public void write(long step) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (Beginning beginning : beginnings) {
            int given = sampler.tokens(beginning.text());
            int length = Math.min(Math.min(given + beginning.more(), beginning.longest()), model.config().maxLength());
            if (given == 0 || given >= length) {
                continue;
            }
            SamplerSettings settings = settings(model.config(), length - given);
            TextSampler.Request request = new TextSampler.Request(beginning.text(), length, 0);
            lines.append(
                    line(
                            new Written(
                                    step,
                                    beginning.text(),
                                    sampler.sample(List.of(request), settings, 1).getFirst().continuation())));
        }
        try {
            Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw DiskSpace.unwritable(file, e);
        }
    }

    private static String line(Written written) {
        ObjectNode line = StrictJson.parse("{}", "sample");
        line.put("step", written.step()).put("given", written.given()).put("made", written.made());
        return StrictJson.line(line) + "\n";
    }

    /**
     * Reads what a run has written.
     *
     * @param folder the run's
     * @return each text, in the order of the steps; a last line that was cut off is left out
     * @throws IOException if the file cannot be read
     */
    public static List<Written> read(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        List<Written> all = new ArrayList<>();
        if (Files.exists(file)) {
            // A cut may go through a character, which a strict decoder refuses.
            for (String line : new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList()) {
                try {
                    ObjectNode keys = StrictJson.parse(line, file.toString());
                    all.add(
                            new Written(
                                    keys.path("step").asLong(),
                                    keys.path("given").asText(),
                                    keys.path("made").asText()));
                } catch (InputException cutOff) {
                    break;
                }
            }
        }
        return all;
    }
}
