package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The demo at its shortest: twenty steps of each twin, which learn nothing, but everything is there. */
class DemoCommandTest {
    @TempDir private Path folder;

    private CommandLineOutcome demo(String... more) {
        String[] arguments = {"demo", "--minutes", "0.01", "--threads", "1", "--out", folder.toString()};
        String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return CommandLineOutcome.of(all);
    }

    @Test
    void leavesResultReportAndAModelToGoOnWith() throws IOException {
        CommandLineOutcome first = demo();
        assertEquals(0, first.code(), first.err());
        ObjectNode result = StrictJson.read(folder.resolve("result.json"));
        for (String model : new String[] {"masked", "autoregressive"}) {
            for (String kind : new String[] {"told", "blank_moved", "other_form"}) {
                double share = result.path(model).path(kind).asDouble(-1);
                assertTrue(share >= 0 && share <= 1, result.toString());
            }
        }
        assertEquals(100, result.path("questions").path("told").asInt());
        assertTrue(first.out().contains("the blank moved: ____ is the capital of "), first.out());
        assertTrue(Files.readString(folder.resolve("report.html")).contains("Told one way, asked another"));
        assertTrue(Files.size(folder.resolve("shares.png")) > 0);

        CommandLineOutcome filled =
                CommandLineOutcome.of(
                        "fill", "--threads", "1", "--model", folder.toString(), "____ is the capital of Norway.");
        assertEquals(0, filled.code(), filled.err());

        CommandLineOutcome second = demo();
        assertEquals(0, second.code(), second.err());
        assertEquals(
                2 * result.path("steps").path("masked").asInt(),
                StrictJson.read(folder.resolve("result.json")).path("steps").path("masked").asInt());
    }

    @Test
    void plansWithoutComputing() {
        CommandLineOutcome plan = demo("--dry-run");
        assertEquals(0, plan.code(), plan.err());
        assertTrue(plan.out().contains("then its autoregressive twin"), plan.out());
        assertTrue(plan.out().contains("  peak"), plan.out());
    }
}
