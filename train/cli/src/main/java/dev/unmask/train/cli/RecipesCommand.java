package dev.unmask.train.cli;

import dev.unmask.train.Recipe;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask recipes}: published ways to train. */
@Command(
        description = "Lists published ways to train, which train follows by --recipe, or prints one.",
        footer = {
            "",
            "Examples:",
            "  unmask recipes",
            "  unmask recipes sft-gsm8k",
            "  unmask train --recipe mdm --model 170M --flops 1e20 --dry-run"
        })
final class RecipesCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "NAME", description = "Print this one as JSON.")
    private Optional<String> name = Optional.empty();

    @Override
    public Integer call() {
        if (name.isPresent()) {
            System.out.print(Recipe.named(name.get()).config());
            return Main.DONE;
        }
        for (Recipe recipe : Recipe.all()) {
            System.out.printf(Locale.ROOT, "%-18s%s%n", recipe.name(), recipe.about());
        }
        return Main.DONE;
    }
}
