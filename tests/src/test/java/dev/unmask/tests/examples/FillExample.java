package dev.unmask.tests.examples;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.Filling;

import java.io.IOException;
import java.nio.file.Path;

/** Fills the blanks of a text in three ways, the likeliest first: {@code FillExample model "the ____ sleeps"}. */
public final class FillExample {
    private FillExample() {}

    public static void main(String[] arguments) throws IOException {
        try (LanguageModel model = LanguageModel.open(Path.of(arguments[0]))) {
            FillSettings three = FillSettings.defaults().withAlternatives(3);
            for (Filling filling : new FillIn(model).fill(arguments[1], three)) {
                System.out.printf("%.3f  %s%n", Math.exp(filling.logConfidence()), filling.text());
            }
        }
    }
}
