package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.sample.Blocks;
import dev.unmask.sample.Caching;
import dev.unmask.sample.Count;
import dev.unmask.sample.Guidance;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Order;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.Backend;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.StreamSupport;

/**
 * Texts that published samplers write (LLaDA's, Fast-dLLM's and Dream's, in PyTorch, float32) come out of ours, token
 * for token and pass for pass.
 */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class PublishedSamplersTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden/hf");

    private final Backend backend;

    PublishedSamplersTest(Backend backend) {
        this.backend = backend;
    }

    private Transformer model(String family) throws IOException {
        return ModelFolder.open(FOLDER.resolve(family)).load(backend, Weights.Use.INFERENCE);
    }

    private static List<JsonNode> cases(String family) throws IOException {
        JsonNode file = new ObjectMapper().readTree(Files.readString(FOLDER.resolve(family).resolve("sampling.json")));
        return StreamSupport.stream(file.get("cases").spliterator(), false).toList();
    }

    @TestFactory
    List<DynamicTest> everyTextOfLladaAndFastDllmIsWritten() throws IOException {
        MaskedSampler sampler = new MaskedSampler(backend, model("llada"));
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode recorded : cases("llada")) {
            String name =
                    "%s, %d steps of %d in blocks of %d, guidance %s, threshold %s, cache %s"
                            .formatted(
                                    recorded.get("sampler").asText(),
                                    recorded.get("steps").asInt(),
                                    recorded.get("gen_length").asInt(),
                                    recorded.get("block_length").asInt(),
                                    recorded.get("guidance"),
                                    recorded.get("threshold"),
                                    recorded.get("cache").asText());
            tests.add(DynamicTest.dynamicTest(name, () -> checkLlada(sampler, recorded)));
        }
        return tests;
    }

    @TestFactory
    List<DynamicTest> everyTextOfDreamIsWritten() throws IOException {
        MaskedSampler sampler = new MaskedSampler(backend, model("dream"));
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode recorded : cases("dream")) {
            String name =
                    "%s, %d steps up to %d, threshold %s"
                            .formatted(
                                    recorded.get("algorithm").asText(),
                                    recorded.get("steps").asInt(),
                                    recorded.get("total_length").asInt(),
                                    recorded.get("threshold"));
            tests.add(DynamicTest.dynamicTest(name, () -> checkDream(sampler, recorded)));
        }
        return tests;
    }

    private static void checkDream(MaskedSampler sampler, JsonNode recorded) {
        OptionalInt steps = OptionalInt.of(recorded.get("steps").asInt());
        Order order =
                switch (recorded.get("algorithm").asText()) {
                    case "topk_margin" -> Order.MARGIN;
                    case "entropy" -> Order.ENTROPY;
                    default -> Order.CONFIDENCE;
                };
        SamplerSettings settings =
                SamplerSettings.defaults()
                        .withOrder(order)
                        .withCount(
                                recorded.get("threshold").isNull()
                                        ? new Count.Smdm(steps, recorded.get("epsilon").asDouble())
                                        : new Count.EvenThreshold(recorded.get("threshold").asDouble(), steps));
        int[] prompt = ints(recorded.get("prompt"));
        int mask = sampler.denoiser().maskToken();
        Sample sample =
                sampler.sample(
                                List.of(
                                        MaskedSequence.continuing(
                                                prompt, recorded.get("total_length").asInt(), mask, 0)),
                                settings)
                        .getFirst();
        assertArrayEquals(ints(recorded.get("output")), sample.ids());
    }

    private static void checkLlada(MaskedSampler sampler, JsonNode recorded) {
        int[] prompt = ints(recorded.get("prompt"));
        int length = recorded.get("gen_length").asInt();
        int block = recorded.get("block_length").asInt();
        OptionalInt steps = OptionalInt.of(recorded.get("steps").asInt());
        SamplerSettings settings =
                SamplerSettings.defaults()
                        .withCount(
                                recorded.get("threshold").isNull()
                                        ? new Count.EvenSplit(steps)
                                        : new Count.Threshold(
                                                recorded.get("threshold").asDouble(), OptionalInt.empty()))
                        .withBlocks(Blocks.of(block))
                        .withGuidance(recorded.get("guidance").asDouble())
                        .withCaching(
                                switch (recorded.get("cache").asText()) {
                                    case "prefix" -> Caching.PREFIX;
                                    case "dual" -> Caching.DUAL;
                                    default -> Caching.NONE;
                                });
        int mask = sampler.denoiser().maskToken();
        int[] wholeBlocks = {0};
        Sample sample =
                sampler.sample(
                                List.of(MaskedSequence.continuing(prompt, prompt.length + length, mask, 0)),
                                settings,
                                step ->
                                        wholeBlocks[0] +=
                                                step.sequences().getFirst().unmasked().length == block ? 1 : 0)
                        .getFirst();
        assertArrayEquals(ints(recorded.get("output")), sample.ids());
        if (recorded.has("nfe")) {
            // With a cache the published loop runs a pass that reveals nothing where the first one fills the block.
            int spared = settings.caching() == Caching.NONE ? 0 : wholeBlocks[0];
            assertEquals(recorded.get("nfe").asInt() - spared, sample.evaluations());
        }
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
    }

    /** Cached passes that compute everything change nothing; in a batch of unlike texts each keeps what is its own. */
    @ParameterizedTest
    @ValueSource(strings = {"llada", "dream"})
    void whatACacheHoldsIsWhatAPassWouldCompute(String family) throws IOException {
        MaskedSampler sampler = new MaskedSampler(backend, model(family));
        int mask = sampler.denoiser().maskToken();
        List<MaskedSequence> batch =
                List.of(
                        MaskedSequence.continuing(new int[] {67, 123, 146}, 24, mask, 0),
                        MaskedSequence.continuing(new int[] {5}, 41, mask, 1));
        for (double guidance : new double[] {0, 1}) {
            SamplerSettings settings =
                    SamplerSettings.defaults()
                            .withBlocks(Blocks.of(8))
                            .withTemperature(0.5)
                            .withGuidance(new Guidance(guidance, 0.3, 1));
            List<Sample> plain = sampler.sample(batch, settings);
            List<Sample> renewed = sampler.sample(batch, settings.withCaching(new Caching.Delayed(1)));
            for (int i = 0; i < batch.size(); i++) {
                assertArrayEquals(plain.get(i).ids(), renewed.get(i).ids());
            }
            for (Caching caching : List.of(Caching.PREFIX, Caching.DUAL, new Caching.Delayed(4))) {
                List<Sample> together = sampler.sample(batch, settings.withCaching(caching));
                for (int i = 0; i < batch.size(); i++) {
                    Sample alone = sampler.sample(List.of(batch.get(i)), settings.withCaching(caching)).getFirst();
                    assertArrayEquals(alone.ids(), together.get(i).ids(), caching.toString());
                    assertEquals(alone.evaluations(), together.get(i).evaluations());
                }
            }
        }
    }
}
