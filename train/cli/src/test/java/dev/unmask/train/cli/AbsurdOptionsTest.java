package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Every option of every command with values that nobody means: each is refused by the option's name. */
@Timeout(600)
class AbsurdOptionsTest {
    private static final List<String> VALUES =
            List.of(
                    "-1", "0", "9223372036854775807", "1e-320", "NaN", "", "nonsense", "\u001b[31m");

    @TempDir private Path folder;

    private Map<String, List<String>> commands() throws IOException {
        String model = SavedModel.masked(folder.resolve("model")).toString();
        String text = Files.writeString(folder.resolve("text.txt"), "the cat sleeps\n").toString();
        Path tasks = Files.writeString(folder.resolve("piqa.jsonl"), "{\"goal\":\"a\",\"sol1\":\"b\",\"sol2\":\"c\",\"label\":0}\n");
        Map<String, List<String>> commands = new LinkedHashMap<>();
        commands.put("demo", List.of("--dry-run", "--threads", "1", "--out", folder.resolve("demo").toString()));
        commands.put("train", List.of("--dry-run", "--threads", "1", "--preset", "tiny", "--out", folder.resolve("run").toString()));
        commands.put("sample", List.of("--threads", "1", "--model", model, "--length", "24"));
        commands.put("fill", List.of("--threads", "1", "--model", model, "a ____:2 cat"));
        commands.put("serve", List.of("--threads", "1", "--dry-run", "--model", model));
        commands.put("eval", List.of("--threads", "1", "--model", model, "--target", "cat sleeps", "--samples", "16"));
        commands.put("tasks", List.of("--threads", "1", "--model", model, "--data", tasks.toString(), "--task", "piqa", "--samples", "16", "--out", folder.resolve("tasks").toString()));
        Path run = Files.createDirectories(folder.resolve("curve"));
        Files.writeString(
                run.resolve("metrics.jsonl"),
                """
                {"step":1,"loss":5.0,"learning_rate":0.1,"gradient_norm":1.0,"tokens":8,"seconds":1.0}
                {"step":2,"loss":4.0,"learning_rate":0.1,"gradient_norm":1.0,"tokens":8,"seconds":1.0}
                """);
        commands.put("plot", List.of(run.toString(), "--out", folder.resolve("p.png").toString()));
        commands.put("inspect", List.of());
        commands.put("export", List.of(model, folder.resolve("exported").toString(), "--family", "llada"));
        commands.put("bench", List.of("forward", "--threads", "1", "--dry-run", "--layers", "1", "--width", "16", "--heads", "2", "--ffn", "24", "--vocab", "64", "--batch", "1", "--length", "16"));
        commands.put("parity", List.of("--dry-run", "--threads", "1", model));
        return commands;
    }

    /** Values that an option can mean all the same, by a pattern. */
    private static final Map<String, String> ACCEPTED =
            Map.ofEntries(
                    Map.entry("--out", "(?s).*\\S.*"),
                    Map.entry("--title", "(?s).*"),
                    Map.entry("--field", "(?s).*\\S.*"),
                    Map.entry("--messages-field", "(?s).*\\S.*"),
                    Map.entry("--validation", "0"),
                    Map.entry("--prompt", "(?s).*"),
                    Map.entry("--prefix", "(?s).*"),
                    Map.entry("--target", "(?s).+"),
                    Map.entry("--seed", "-1|0|2147483647|9223372036854775807"),
                    Map.entry("--data", ".*(text.txt|piqa.jsonl)|/.*"),
                    Map.entry("--input", ".*text.txt"),
                    Map.entry("--guidance", "0"),
                    Map.entry("--temperature", "0"),
                    Map.entry("--order-temperature", "0"),
                    Map.entry("--entropy-budget", "0"),
                    Map.entry("--threshold", "0"),
                    Map.entry("--top-k", "0"),
                    Map.entry("--flops", "9223372036854775807"),
                    Map.entry("--lora", "0"),
                    Map.entry("--ema", "0"),
                    Map.entry("--block-length", "0"),
                    Map.entry("--skip-spikes", "0"),
                    Map.entry("--name", "[^/\\u001b]+"),
                    Map.entry("--allow-host", "[A-Za-z0-9.-]+"),
                    Map.entry("--port", "0"),
                    Map.entry("--grace", "0"),
                    Map.entry("--warmup", "0"),
                    Map.entry("--pad-to", "0"),
                    Map.entry("--top-p", "0"),
                    Map.entry("--target-error", "0"));

    private record Try(String command, OptionSpec option, String value, List<String> arguments) {
        boolean accepted() {
            return value.matches(ACCEPTED.getOrDefault(option.longestName(), "(?!)"))
                    || command.equals("bench") && option.longestName().equals("--prompt") && value.equals("0")
                    || command.equals("train") && option.longestName().equals("--samples") && value.equals("0");
        }
    }

    private List<Try> tries() throws IOException {
        List<String> values = new ArrayList<>(VALUES);
        values.add(folder.toString());
        values.add(folder.resolve("text.txt").toString());
        values.add(folder.resolve("missing").toString());
        Set<String> seen = new HashSet<>();
        List<Try> tries = new ArrayList<>();
        CommandLine root = UnmaskCommand.commandLine();
        for (Map.Entry<String, List<String>> command : commands().entrySet()) {
            for (OptionSpec option : root.getSubcommands().get(command.getKey()).getCommandSpec().options()) {
                // An option that commands share is tried on the first of them.
                if (option.arity().max() > 0 && seen.add(option.longestName() + List.of(option.description()))) {
                    List<String> others = without(command.getValue(), option);
                    values.stream()
                            // What is written to is kept within the folder.
                            .filter(value ->
                                    !option.longestName().equals("--out")
                                            || value.isBlank()
                                            || value.startsWith(folder.toString()))
                            .forEach(value -> tries.add(new Try(command.getKey(), option, value, others)));
                }
            }
        }
        return tries;
    }

    private static List<String> without(List<String> arguments, OptionSpec option) {
        List<String> left = new ArrayList<>(arguments);
        int at = left.indexOf(option.longestName());
        if (at >= 0) {
            left.remove(at + 1);
            left.remove(at);
        }
        return left;
    }

    @Test
    void eachIsRefusedByName() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Try one : tries()) {
            if (one.accepted()) {
                continue;
            }
            List<String> arguments = new ArrayList<>(List.of(one.command()));
            arguments.addAll(one.arguments());
            arguments.add(one.option().longestName() + "=" + one.value());
            CommandLineOutcome outcome = CommandLineOutcome.of(arguments.toArray(String[]::new));
            boolean right =
                    outcome.code() == 2
                            && outcome.err().contains(one.option().longestName())
                            && !outcome.err().contains("\tat ");
            if (!right || outcome.err().contains("\u001b") || outcome.err().contains("memory ran out")) {
                wrong.add(one.command() + " " + one.option().longestName() + "=" + one.value() + ": " + outcome);
            }
        }
        assertEquals("", String.join("\n", wrong));
    }
}
