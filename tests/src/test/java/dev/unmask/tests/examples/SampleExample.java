package dev.unmask.tests.examples;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.TextTokenizer;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.Backends;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Loads a model and continues a prompt to 32 tokens in 16 passes: {@code SampleExample model "the cat"}. */
public final class SampleExample {
    private SampleExample() {}

    public static void main(String[] arguments) throws IOException {
        ModelFolder folder = ModelFolder.open(Path.of(arguments[0]));
        TextTokenizer tokenizer = TextTokenizer.load(folder.tokenizer().orElseThrow());

        try (Backend backend = Backends.cpu()) {
            Transformer model = folder.load(backend, Weights.Use.INFERENCE);
            int[] prompt = tokenizer.encode(arguments[1]);
            MaskedSequence blank = MaskedSequence.continuing(prompt, 32, model.config().maskToken(), 0);
            SamplerSettings settings =
                    SamplerSettings.defaults()
                            .withSteps(16)
                            .withTemperature(0.7)
                            .withBannedTokens(tokenizer.unassigned(model.config().vocabulary()))
                            .withSeed(1);
            Sample sample = new MaskedSampler(backend, model).sample(List.of(blank), settings).getFirst();
            System.out.println(tokenizer.decode(sample.ids()));
        }
    }
}
