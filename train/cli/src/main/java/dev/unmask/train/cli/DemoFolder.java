package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.model.Verification;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.experiment.ResumableTraining;
import dev.unmask.train.reversal.Lesson;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The folder of a demo: the run of the masked twin, in it that of the autoregressive one, and what they come to.
 *
 * @param path where it is
 * @param again the command that goes on with it
 */
record DemoFolder(Path path, String again) {
    private static final String LESSON = "lesson";
    private static final String MASKED = "masked_steps";
    private static final String AUTOREGRESSIVE = "autoregressive_steps";

    private Path plan() {
        return path.resolve("demo.json");
    }

    ResumableTraining.Place masked() {
        return new ResumableTraining.Place(path, Optional.of(path.resolve(TextTokenizer.FILE_NAME)));
    }

    ResumableTraining.Place autoregressive() {
        return new ResumableTraining.Place(
                path.resolve("autoregressive"), Optional.of(path.resolve(TextTokenizer.FILE_NAME)));
    }

    /** What was planned when the demo began, if it has; refuses what is no such demo, and a damaged checkpoint. */
    Optional<DemoSteps> begun(Lesson lesson) throws IOException {
        if (!Files.exists(plan())) {
            if (masked().checkpoint().isPresent()) {
                throw another("no " + plan().getFileName());
            }
            return Optional.empty();
        }
        ObjectNode plan = StrictJson.read(plan());
        if (!plan.path(LESSON).asText().equals(hash(lesson))) {
            throw another("other facts in " + plan().getFileName());
        }
        for (ResumableTraining.Place place : new ResumableTraining.Place[] {masked(), autoregressive()}) {
            Optional<Checkpoint> checkpoint = place.checkpoint();
            if (checkpoint.isPresent()) {
                Models.verify(
                        checkpoint.get(),
                        Verification.WHOLE,
                        before -> "move " + checkpoint.get().folder() + " away to go on from it");
            }
        }
        return Optional.of(new DemoSteps(plan.path(MASKED).asLong(), plan.path(AUTOREGRESSIVE).asLong()));
    }

    private InputException another(String found) {
        return new InputException(
                "--out: "
                        + path
                        + " holds another run than this demo's: found "
                        + found
                        + "; name another folder, or go on with: "
                        + Shell.program()
                        + " train --resume --out "
                        + Shell.quoted(path));
    }

    /** Steps that are saved. */
    DemoSteps done() throws IOException {
        return new DemoSteps(step(masked()), step(autoregressive()));
    }

    private static long step(ResumableTraining.Place place) throws IOException {
        Optional<Checkpoint> checkpoint = place.checkpoint();
        return checkpoint.isPresent() ? checkpoint.get().step() : 0;
    }

    /** Keeps what is planned. */
    void begin(Lesson lesson, DemoSteps steps) throws IOException {
        ObjectNode plan = StrictJson.parse("{}", "plan");
        plan.put(LESSON, hash(lesson));
        plan.put(MASKED, steps.masked());
        plan.put(AUTOREGRESSIVE, steps.autoregressive());
        AtomicFiles.write(plan(), StrictJson.print(plan));
    }

    private static String hash(Lesson lesson) {
        CRC32 sum = new CRC32();
        sum.update(String.join("\n", lesson.told()).getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(sum.getValue());
    }
}
