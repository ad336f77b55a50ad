package dev.unmask.tests.examples;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.TextTokenizer;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.Filling;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.Backends;

import java.io.IOException;
import java.nio.file.Path;

/** Fills the blanks of a text in three ways, the likeliest first: {@code FillExample model "the ____ sleeps"}. */
public final class FillExample {
    private FillExample() {}

    public static void main(String[] arguments) throws IOException {
        ModelFolder folder = ModelFolder.open(Path.of(arguments[0]));
        TextTokenizer tokenizer = TextTokenizer.load(folder.tokenizer().orElseThrow());

        try (Backend backend = Backends.cpu()) {
            Transformer model = folder.load(backend, Weights.Use.INFERENCE);
            FillIn fillIn = new FillIn(new MaskedSampler(backend, model), tokenizer);
            for (Filling filling : fillIn.fill(arguments[1], FillSettings.defaults().withAlternatives(3))) {
                System.out.printf("%.3f  %s%n", Math.exp(filling.logConfidence()), filling.text());
            }
        }
    }
}
