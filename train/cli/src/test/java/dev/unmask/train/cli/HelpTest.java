package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import picocli.CommandLine;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** {@code --help} on terminals of several widths, by several names of the program. */
class HelpTest {
    private static List<String> allHelp(int width, String program) {
        CommandLine root = new Help(width, program).applyTo(UnmaskCommand.commandLine());
        List<String> lines = new ArrayList<>(root.getUsageMessage().lines().toList());
        root.getSubcommands().values().forEach(command -> lines.addAll(command.getUsageMessage().lines().toList()));
        return lines;
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 55, 80, 100, 120})
    void noLineIsWiderThanTheTerminal(int width) {
        List<String> wider =
                allHelp(width, "./unmask").stream()
                        .filter(line -> line.length() > width)
                        // A word that a shell reads as one stays on a line.
                        .filter(line -> line.strip().contains(" ") && !line.contains("'"))
                        .toList();
        assertEquals(List.of(), wider);
    }

    @Test
    void whereItIsNarrowEachCommandSaysOnceHowItIsUsed() {
        List<String> lines = allHelp(40, "unmask");
        assertEquals(List.of(), lines.stream().filter(line -> line.contains("Usage: Usage:")).toList());
        assertEquals(
                UnmaskCommand.commandLine().getSubcommands().size() + 1,
                lines.stream().filter(line -> line.startsWith("Usage: ")).count());
    }

    @Test
    void aCommandIsReadAlone() {
        UnmaskCommand.commandLine()
                .getSubcommands()
                .keySet()
                .forEach(name -> {
                    int read = UnmaskCommand.commandLine(name, "--help").getSubcommands().size();
                    assertEquals(name.equals("completion"), read > 1, name);
                });
    }

    @Test
    void examplesBeginWithTheNameThatTheProgramWasCalledBy() {
        List<String> lines = allHelp(120, "../there/unmask");
        assertTrue(lines.contains("  ../there/unmask eval --model runs/definitions"), lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("Usage: ../there/unmask train ")), lines.toString());
        assertEquals(List.of(), lines.stream().filter(line -> line.startsWith("  unmask")).toList());
    }

    @Test
    void aCommandThatIsTooLongIsAsAShellReadsItOn() {
        Help help = new Help(40, "unmask");
        assertEquals(
                """
                  unmask eval --prefix 'a b c' \\
                      --target ' any of the fishes' \\
                      --draws 5
                """,
                help.command("  unmask eval --prefix 'a b c' --target ' any of the fishes' --draws 5"));
        assertEquals("  unmask eval\n", help.command("  unmask eval"));
    }

    @ParameterizedTest
    @CsvSource({
        "80,,80",
        "80,200,80",
        "200,,120",
        "5,,20",
        ",100,100",
        ",,80",
        ",-3,80",
        ",many,80",
        ",99999999999,80"
    })
    void theTerminalSaysHowWideElseColumnsElseEighty(Integer terminal, String columns, int width) {
        OptionalInt found = terminal == null ? OptionalInt.empty() : OptionalInt.of(terminal);
        assertEquals(width, Help.width(found, columns));
    }
}
