package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.DamagedCheckpointException;
import dev.unmask.model.Initialization;
import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Verification;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.TextSampler;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.RunState;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Models as an app opens and uses them. */
class LanguageModelTest {
    @TempDir private Path folder;

    private static LanguageModel model(Backend backend, boolean causal) {
        ModelConfig config = ModelConfig.masked(1, 2, 16, 24, 257).withCausal(causal);
        Transformer transformer = Initialization.of(backend, config, 1);
        return LanguageModel.of(backend, transformer, new ByteTokenizer(), Precision.F32);
    }

    /** A checkpoint of one step. */
    private Path checkpoint() throws IOException {
        try (Backend backend = SmallRun.cpu(1)) {
            Transformer model = Initialization.of(backend, ModelConfig.masked(1, 2, 16, 24, 257), 1);
            Trainer trainer = new Trainer(backend, model, new Lines(), TrainerSettings.of(2, 2, 8, 1e-3));
            trainer.next();
            Path tokenizer = folder.resolve("tokenizer.json");
            new ByteTokenizer().save(tokenizer);
            return new Checkpoints(folder.resolve("checkpoints"), 1)
                    .save(trainer, Optional.of(tokenizer), RunState.NONE);
        }
    }

    private static void flip(Path file, int fromEnd) throws IOException {
        byte[] content = Files.readAllBytes(file);
        content[content.length - fromEnd] ^= 1;
        Files.write(file, content);
    }

    private static LanguageModel.Options with(Verification how) {
        return LanguageModel.Options.defaults().withVerification(how);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model.safetensors", "config.json", "tokenizer.json", "training.json"})
    void damageOfWhatAModelIsMadeOfIsNamedWhenItIsOpened(String name) throws IOException {
        Path file = checkpoint().resolve(name);
        LanguageModel.open(folder).close();
        flip(file, 30);
        String message = assertThrows(DamagedCheckpointException.class, () -> LanguageModel.open(folder)).getMessage();
        assertTrue(message.startsWith(file + ": "), message);
    }

    @Test
    void weightsAreTakenAsTheyAreWhereNothingIsToBeCompared() throws IOException {
        flip(checkpoint().resolve("model.safetensors"), 30);
        LanguageModel.open(folder, with(Verification.NONE)).close();
    }

    @Test
    void everyByteIsComparedWhereThatIsAskedFor() throws IOException {
        Path moments = checkpoint().resolve("optimizer.safetensors");
        flip(moments, 30);
        LanguageModel.open(folder).close();
        String message =
                assertThrows(
                                DamagedCheckpointException.class,
                                () -> LanguageModel.open(folder, with(Verification.WHOLE)))
                        .getMessage();
        assertTrue(message.startsWith(moments + ": found SHA-256 "), message);
    }

    @Test
    void aModelWithoutHashesIsOpenedWhicheverWay() throws IOException {
        try (Backend backend = SmallRun.cpu(1)) {
            ModelFolder.save(model(backend, false).transformer(), folder);
        }
        new ByteTokenizer().save(folder);
        for (Verification how : Verification.values()) {
            LanguageModel.open(folder, with(how)).close();
        }
    }

    private static void refused(String sentence, Executable call) {
        String message = assertThrows(InputException.class, call).getMessage();
        assertTrue(message.contains(sentence), message);
    }

    @Test
    void whatNeedsAMaskedModelRefusesACausalOneAndSaysWhatWouldDo() throws IOException {
        try (Backend backend = SmallRun.cpu(1)) {
            LanguageModel causal = model(backend, true);
            for (Function<LanguageModel, Object> use :
                    List.<Function<LanguageModel, Object>>of(FillIn::new, MaskedSampler::new, Likelihood::new)) {
                refused("found an autoregressive model, which reads and writes from left", () -> use.apply(causal));
                refused("go on with a text by TextSampler (unmask sample)", () -> use.apply(causal));
            }
        }
    }

    @Test
    void whatNeedsACausalModelRefusesAMaskedOneAndSaysWhatWouldDo() throws IOException {
        try (Backend backend = SmallRun.cpu(1)) {
            LanguageModel masked = model(backend, false);
            refused(
                    "found a masked diffusion model, expected a causal one; use MaskedSampler",
                    () -> new AutoregressiveSampler(masked));
            refused(
                    "found a masked diffusion model, expected a causal one; use Likelihood",
                    () -> new CausalLikelihood(masked));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manyTextsBecomeWhatEachBecomesAlone(boolean causal) throws IOException {
        try (Backend backend = SmallRun.cpu(1)) {
            TextSampler sampler = new TextSampler(model(backend, causal));
            SamplerSettings settings = SamplerSettings.defaults().withTemperature(1).withSeed(5);
            List<TextSampler.Request> requests =
                    List.of(
                            new TextSampler.Request("abc", 12, 0),
                            new TextSampler.Request("a", 9, 0),
                            new TextSampler.Request("abcde", 12, 1),
                            new TextSampler.Request("ab", 7, 2));
            List<String> together =
                    sampler.sample(requests, settings, 3).stream().map(TextSampler.Written::text).toList();
            List<String> alone =
                    requests.stream()
                            .map(request -> sampler.sample(List.of(request), settings, 1).getFirst().text())
                            .toList();
            assertEquals(alone, together);
            assertEquals(sampler.sample("abc", 12, settings), together.getFirst());
            assertEquals(5, sampler.tokens("abcde"));
        }
    }

    @Test
    void aCausalModelGoesOnFromSomethingAndTakesTheFiltersOfItsSettings() throws IOException {
        try (Backend backend = SmallRun.cpu(1)) {
            TextSampler sampler = new TextSampler(model(backend, true));
            refused(
                    "prompt: found no token, but an autoregressive model needs at least one",
                    () -> sampler.sample("", 4, SamplerSettings.defaults()));
            SamplerSettings hot = SamplerSettings.defaults().withTemperature(1);
            SamplerSettings likeliest = hot.withFilters(hot.filters().withTopK(1));
            assertEquals(sampler.sample("a", 12, SamplerSettings.defaults()), sampler.sample("a", 12, likeliest));
        }
    }
}
