package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.AdapterConfig;
import dev.unmask.model.AdapterFiles;
import dev.unmask.model.AdapterSet;
import dev.unmask.model.Adapters;
import dev.unmask.model.Exchange;
import dev.unmask.model.Family;
import dev.unmask.model.Linear;
import dev.unmask.model.Merge;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.io.StoredType;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Backends;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Low-rank adapters in files: saved, loaded, added up, merged, and refused where they do not fit. */
class AdaptersTest {
    private static final Path LLAMA = Path.of("src/test/resources/golden/hf/llama");
    private static final Path PEFT = Path.of("src/test/resources/golden/peft/llama");

    @TempDir private Path folder;
    private Backend backend;

    @BeforeEach
    void open() {
        backend = Backends.cpu();
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private float[] logits(Transformer model) {
        TokenBatch input = TokenBatch.allocate(backend, model.config(), 1, 9);
        input.ids().set(3, 1, 4, 1, 5, 9, 2, 6, 5);
        Tensor[] out = new Tensor[1];
        backend.record(
                        recorder -> {
                            Ops ops = Ops.inference(recorder, Precision.F32);
                            Tensor made = model.logits(ops, model.hidden(ops, input));
                            out[0] = backend.allocate("logits", made.dtype(), made.shape());
                            recorder.add(new Copy(made, out[0]));
                        })
                .run();
        return out[0].floats();
    }

    private float[] logits(ModelFolder files) throws IOException {
        return logits(files.load(backend, Weights.Use.INFERENCE));
    }

    private static double distance(float[] a, float[] b) {
        double most = 0;
        double scale = 0;
        for (int i = 0; i < a.length; i++) {
            most = Math.max(most, Math.abs(a[i] - b[i]));
            scale = Math.max(scale, Math.abs(b[i]));
        }
        return most / scale;
    }

    @Test
    void newAdaptersAddNothing() throws IOException {
        ModelFolder base = ModelFolder.open(LLAMA);
        AdapterSet fresh = Adapters.of(backend, base, AdapterConfig.of("", 4, 8, List.of("all")), 1);

        Transformer adapted = base.load(backend, Weights.Use.INFERENCE).withAdapters(fresh);

        assertEquals(3 * 7, fresh.adapters().size());
        assertTrue(Arrays.equals(logits(base), logits(adapted)));
    }

    @Test
    void whatIsSavedIsLoadedAgain() throws IOException {
        ModelFolder adapted = ModelFolder.open(PEFT);
        AdapterFiles.save(adapted.load(backend, Weights.Use.TRAINING).adapters().orElseThrow(), folder);

        ModelFolder again = ModelFolder.open(LLAMA).withAdapter(new ModelFolder.AdapterFolder(folder, 1));

        // PEFT's file gives one module another alpha by a pattern, which is kept.
        assertTrue(Arrays.equals(logits(adapted), logits(again)));
    }

    @Test
    void severalAddUpByTheirWeights() throws IOException {
        ModelFolder base = ModelFolder.open(LLAMA);
        ModelFolder once = base.withAdapter(new ModelFolder.AdapterFolder(PEFT, 1));
        ModelFolder parts =
                base.withAdapter(new ModelFolder.AdapterFolder(PEFT, 0.75))
                        .withAdapter(new ModelFolder.AdapterFolder(PEFT, 0.25));

        assertTrue(distance(logits(parts), logits(once)) < 1e-5);
        assertTrue(distance(logits(base), logits(once)) > 0.1);
    }

    @Test
    void whatIsSavedTellsTheRankThatAModuleHasOfItsOwn() throws IOException {
        AdapterFiles.save(ModelFolder.open(PEFT).load(backend, Weights.Use.TRAINING).adapters().orElseThrow(), folder);

        String written = Files.readString(folder.resolve("adapter_config.json"));
        Matcher ranks = Pattern.compile("\"rank_pattern\"\\s*:\\s*\\{([^}]*)}").matcher(written);

        assertTrue(ranks.find(), written);
        List<String> modules = List.of(ranks.group(1).strip().split("\\s*,\\s*"));
        assertEquals(3, modules.size(), written);
        modules.forEach(module -> assertTrue(module.replace(" ", "").endsWith(".o_proj\":2"), module));
    }

    @Test
    void theSumOfSeveralIsLoadedAgainAsItWasSaved() throws IOException {
        ModelFolder base = ModelFolder.open(LLAMA);
        ModelFolder two =
                base.withAdapter(new ModelFolder.AdapterFolder(PEFT, 0.5))
                        .withAdapter(new ModelFolder.AdapterFolder(PEFT, 2));
        AdapterFiles.save(two.load(backend, Weights.Use.TRAINING).adapters().orElseThrow(), folder);

        ModelFolder again = base.withAdapter(new ModelFolder.AdapterFolder(folder, 1));

        assertTrue(Arrays.equals(logits(two), logits(again)));
    }

    @Test
    void newAdaptersAreScaledAsTheyAreWhenLoadedAgain() throws IOException {
        ModelFolder base = ModelFolder.open(LLAMA);
        AdapterConfig how = new AdapterConfig("", 4, 8, 0, List.of("q_proj", "up_proj"), true, Map.of("up_proj", 3.0));
        AdapterSet fresh = Adapters.of(backend, base, how, 1);
        AdapterFiles.save(fresh, folder);

        AdapterSet again = AdapterFiles.load(backend, base.config(), base.family(), folder);

        fresh.adapters()
                .forEach((name, adapter) -> assertEquals(adapter.scale(), again.adapters().get(name).scale(), name));
        assertEquals(
                Set.of(4f, 1.5f),
                fresh.adapters().values().stream().map(Linear.Adapter::scale).collect(Collectors.toSet()));
    }

    @ParameterizedTest
    @CsvSource({"F32, 1e-5", "BF16, 3e-2"})
    void mergedWeightsComputeTheSameButForRounding(StoredType type, double tolerance) throws IOException {
        Path merged = folder.resolve("merged");
        Merge.write(ModelFolder.open(PEFT), merged, Optional.of(type));

        assertTrue(distance(logits(ModelFolder.open(merged)), logits(ModelFolder.open(PEFT))) < tolerance);
        assertEquals(ModelFolder.open(LLAMA).config(), ModelFolder.open(merged).config());
    }

    @Test
    void adaptersOfAPublishedModelFitItWhereItWasImported() throws IOException {
        Path imported = folder.resolve("imported");
        Exchange.importModel(ModelFolder.open(LLAMA), imported);

        ModelFolder adapted = ModelFolder.open(imported).withAdapter(new ModelFolder.AdapterFolder(PEFT, 1));

        assertTrue(distance(logits(adapted), logits(ModelFolder.open(PEFT))) < 1e-6);
    }

    @Test
    void aTargetThatIsNoMatrixIsRefusedWithThoseThereAre() throws IOException {
        ModelFolder base = ModelFolder.open(LLAMA);
        AdapterConfig wrong = AdapterConfig.of("", 4, 8, List.of("q_proj", "query"));

        String message = assertThrows(InputException.class, () -> Adapters.of(backend, base, wrong, 1)).getMessage();

        assertEquals(
                "lora.targets: found query, expected all, or ends of names of matrices: q_proj, k_proj, v_proj, o_proj,"
                        + " gate_proj, up_proj, down_proj",
                message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"peft_type\": \"LORA\"|\"peft_type\": \"IA3\"|peft_type: found \"IA3\", expected LORA",
                "\"use_dora\": false|\"use_dora\": true|use_dora: found true",
                "\"bias\": \"none\"|\"bias\": \"all\"|bias: found \"all\"",
                "\"modules_to_save\": null|\"modules_to_save\": [\"lm_head\"]|modules_to_save: found [\"lm_head\"]",
                "\"lora_alpha\": 5|\"lora_alpha\": -5|lora.alpha: found -5.0",
                "\"lora_alpha\": 5|\"lora_alpha\": \"5\"|lora_alpha: found \"5\", expected a number",
                "\"r\": 3|\"r\": 0|lora.rank: found 0",
                "\"layers.1.mlp.down_proj\": 9|\"layers.1.mlp.down_proj\": \"9\"|alpha_pattern.layers.1.mlp.down_proj",
                "../../hf/llama|nowhere/at/all|found adapters of the model nowhere/at/all, which is not there",
            })
    void whatChangesTheMathematicsIsRefused(String was, String is, String expected) throws IOException {
        String config = Files.readString(PEFT.resolve("adapter_config.json"));
        assertTrue(config.contains(was), was);
        Files.writeString(folder.resolve("adapter_config.json"), config.replace(was, is));

        String message = assertThrows(InputException.class, () -> ModelFolder.open(folder)).getMessage();

        assertTrue(message.contains(expected), message);
    }

    @Test
    void adaptersOfAnotherModelAreRefusedByTensor() throws IOException {
        ModelFolder other =
                ModelFolder.open(LLAMA.resolveSibling("qwen2")).withAdapter(new ModelFolder.AdapterFolder(PEFT, 1));

        String message =
                assertThrows(InputException.class, () -> other.load(backend, Weights.Use.INFERENCE)).getMessage();

        assertTrue(message.contains("adapter_model.safetensors: "), message);
        assertTrue(message.contains("are they of another model?"), message);
    }

    @Test
    void aFileOfPicklesIsNamed() throws IOException {
        Files.copy(PEFT.resolve("adapter_config.json"), folder.resolve("adapter_config.json"));
        Files.writeString(folder.resolve("adapter_model.bin"), "pickle");
        ModelFolder adapted = ModelFolder.open(LLAMA).withAdapter(new ModelFolder.AdapterFolder(folder, 1));

        NoSuchFileException refused =
                assertThrows(NoSuchFileException.class, () -> adapted.load(backend, Weights.Use.INFERENCE));

        assertTrue(refused.getReason().contains("save them with safe_serialization=True"), refused.getReason());
    }

    @Test
    void aModelWithAdaptersIsNotExportedAsIfItHadNone() throws IOException {
        ModelFolder adapted = ModelFolder.open(PEFT);
        Family llama = Family.named("llama").orElseThrow();
        Path target = folder.resolve("exported");

        String message =
                assertThrows(InputException.class, () -> Exchange.exportModel(adapted, target, llama, Optional.empty()))
                        .getMessage();

        assertTrue(message.contains("unmask merge"), message);
    }
}
