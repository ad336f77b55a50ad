package dev.unmask.tests.examples;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.TextSampler;

import java.io.IOException;
import java.nio.file.Path;

/** Continues a prompt to 32 tokens in 16 passes: {@code SampleExample model "the cat"}. */
public final class SampleExample {
    private SampleExample() {}

    public static void main(String[] arguments) throws IOException {
        try (LanguageModel model = LanguageModel.open(Path.of(arguments[0]))) {
            SamplerSettings settings = SamplerSettings.defaults().withSteps(16).withTemperature(0.7).withSeed(1);
            System.out.println(new TextSampler(model).sample(arguments[1], 32, settings));
        }
    }
}
