package dev.unmask.train.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;

/** {@code unmask completion}: lets a shell complete commands and options. */
@Command(
        description = {
            "Prints a script by which bash or zsh completes commands, options and some of their values at the press of"
                    + " the tab key."
        },
        footer = {"", "Examples:", "  unmask completion >unmask_completion && . ./unmask_completion"})
final class CompletionCommand implements Callable<Integer> {
    /** The name that scripts complete; a shell takes it for any path to it too. */
    private static final String NAME = "unmask";

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        System.out.print(AutoComplete.bash(NAME, spec.root().commandLine()));
        return Main.DONE;
    }
}
