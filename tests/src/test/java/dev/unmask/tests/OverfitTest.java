package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Trainer;

import org.junit.jupiter.api.Test;

import java.util.List;

/** A model that is trained long enough on eight lines knows them by heart. */
class OverfitTest {
    private static final ByteTokenizer BYTES = new ByteTokenizer();

    @Test
    void aMaskedModelMemorisesEightLinesThenFillsAMaskedWordAndContinuesAPrompt() {
        try (Backend backend = SmallRun.cpu(2)) {
            Transformer model = SmallRun.model(backend, false);
            train(backend, model, 500, Lines.LENGTH);
            MaskedSampler sampler = new MaskedSampler(backend, model);
            FillIn fillIn = new FillIn(sampler, BYTES);
            assertEquals(
                    "the cat sleeps on a mat.",
                    fillIn.fill("the cat ____:6 on a mat.", FillSettings.defaults()).getFirst().text());
            assertEquals(
                    "my uncle plays the flute",
                    fillIn.fill("my uncle plays the ____:5", FillSettings.defaults()).getFirst().text());
            MaskedSequence prompt =
                    MaskedSequence.continuing(BYTES.encode("old ships"), Lines.LENGTH, model.config().maskToken(), 0);
            int[] continued =
                    sampler.sample(List.of(prompt), SamplerSettings.defaults().withSteps(15).withTemperature(0))
                            .getFirst()
                            .ids();
            assertEquals("old ships rust in harbor", BYTES.decode(continued));
        }
    }

    @Test
    void anAutoregressiveModelMemorisesEightLinesAndContinuesThemWithACache() {
        try (Backend backend = SmallRun.cpu(2)) {
            Transformer model = SmallRun.model(backend, true);
            train(backend, model, 200, Lines.LENGTH - 1);
            AutoregressiveSettings settings = AutoregressiveSettings.ofLength(Lines.LENGTH).withTemperature(0);
            List<Prompt> prompts = List.of(new Prompt(BYTES.encode("seven"), 0), new Prompt(BYTES.encode("bread"), 1));
            List<String> texts =
                    new AutoregressiveSampler(backend, model)
                            .sample(prompts, settings).stream().map(sample -> BYTES.decode(sample.ids())).toList();
            assertEquals(List.of("seven birds sang at noon", "bread needs salt & yeast"), texts);
        }
    }

    private static void train(Backend backend, Transformer model, int steps, int length) {
        Trainer trainer = SmallRun.trainer(backend, model, SmallRun.settings(steps, 16, 16, length, 0));
        double first = trainer.next().loss();
        double last = first;
        while (trainer.step() < steps) {
            last = trainer.next().loss();
        }
        double end = last;
        assertTrue(end < first / 4, () -> "loss " + first + " only fell to " + end);
    }
}
