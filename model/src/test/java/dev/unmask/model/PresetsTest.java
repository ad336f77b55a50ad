package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.Map;
import java.util.stream.Collectors;

/** The published sizes (METHOD §1.5), names and shapes (§1.3). */
class PresetsTest {
    @ParameterizedTest
    @CsvSource(
            value = {
                "6M, 6, 4, 256, 1024, 6294784, 22679040, 22678784",
                "19M, 8, 6, 384, 1536, 18880896, 43457280, 43456896",
                "34M, 8, 8, 512, 2048, 33563136, 66331648, 66331136",
                "48M, 9, 9, 576, 2304, 47786688, 84651264, 84650688",
                "66M, 10, 10, 640, 2560, 65549440, 106510080, 106509440",
                "75M, 16, 8, 640, 1600, 75387520, 116348160, 116347520",
                "85M, 13, 10, 640, 2560, 85214080, 126174720, 126174080",
                "113M, 12, 12, 768, 3072, 113265408, 162418176, 162417408",
                "142M, 15, 12, 768, 3072, 141581568, 190734336, 190733568",
                "170M, 18, 12, 768, 3072, 169897728, 219050496, 219049728",
                "180M, 14, 14, 896, 3584, 179856768, 237201664, 237200768",
                "206M, 16, 14, 896, 3584, 205550464, 262895360, 262894464",
                "231M, 18, 14, 896, 3584, 231244160, 288589056, 288588160",
                "268M, 16, 16, 1024, 4096, 268469248, 334006272, 334005248",
                "302M, 18, 16, 1024, 4096, 302027776, 367564800, 367563776",
                "336M, 20, 16, 1024, 4096, 335586304, 401123328, 401122304",
                "472M, 18, 10, 1280, 5120, 471906560, 553827840, 553826560",
                "551M, 21, 10, 1280, 5120, 550557440, 632478720, 632477440",
                "571M, 18, 11, 1408, 5632, 571001728, 661115136, 661113728",
                "629M, 24, 10, 1280, 5120, 629208320, 711129600, 711128320",
                "666M, 21, 11, 1408, 5632, 666168448, 756281856, 756280448",
                "717M, 19, 12, 1536, 6144, 717285888, 815591424, 815589888",
                "761M, 24, 11, 1408, 5632, 761335168, 851448576, 851447168",
                "831M, 22, 12, 1536, 6144, 830541312, 928846848, 928845312",
                "944M, 25, 12, 1536, 6144, 943796736, 1042102272, 1042100736",
                "1028M, 20, 14, 1792, 7168, 1027677952, 1142367744, 1142365952",
                "1233M, 24, 14, 1792, 7168, 1233213184, 1347902976, 1347901184",
                "1476M, 22, 16, 2048, 8192, 1476487168, 1607561216, 1607559168",
                "1678M, 25, 16, 2048, 8192, 1677826048, 1808900096, 1808898048",
                "2121M, 28, 17, 2176, 8704, 2121393280, 2260659456, 2260657280",
            })
    void aPresetHasThePublishedSizesAndParameterCounts(
            String name, int layers, int heads, int width, int hidden, long nonEmbedding, long masked, long causal) {
        ModelConfig config = Presets.named(name);
        assertEquals(ModelConfig.masked(layers, heads, width, hidden, 32000), config);
        assertEquals(nonEmbedding, config.nonEmbeddingCount());
        assertEquals(masked, config.parameterCount());
        assertEquals(nonEmbedding, config.withCausal(true).nonEmbeddingCount());
        assertEquals(causal, config.withCausal(true).parameterCount());
        assertEquals(config, Presets.named("Diff_LLaMA_" + name));
    }

    @Test
    void parametersHaveThePublishedNamesAndShapes() {
        ModelConfig config = Presets.named("1028M");
        Map<String, Shape> shapes =
                config.parameters().stream().collect(Collectors.toMap(ParameterSpec::name, ParameterSpec::shape));
        assertEquals(143, shapes.size());
        assertEquals(Shape.of(32000, 1792), shapes.get("lm_head.weight"));
        assertEquals(Shape.of(32001, 1792), shapes.get("transformer.wte.weight"));
        assertEquals(Shape.of(1792), shapes.get("transformer.h.0.norm_1.weight"));
        assertEquals(Shape.of(3 * 1792, 1792), shapes.get("transformer.h.19.attn.attn.weight"));
        assertEquals(Shape.of(1792, 1792), shapes.get("transformer.h.19.attn.proj.weight"));
        assertEquals(Shape.of(1792), shapes.get("transformer.h.7.norm_2.weight"));
        assertEquals(Shape.of(7168, 1792), shapes.get("transformer.h.7.mlp.swiglu.w1.weight"));
        assertEquals(Shape.of(7168, 1792), shapes.get("transformer.h.7.mlp.swiglu.w2.weight"));
        assertEquals(Shape.of(1792, 7168), shapes.get("transformer.h.7.mlp.swiglu.w3.weight"));
        assertEquals(Shape.of(1792), shapes.get("transformer.ln_f.weight"));
    }

    @Test
    void theInitialSpreadIsThePublishedOne() {
        Map<String, Double> spread =
                Presets.named("1028M").parameters().stream()
                        .collect(Collectors.toMap(ParameterSpec::name, ParameterSpec::deviation));
        assertEquals(0.014940, spread.get("lm_head.weight"), 1e-6);
        assertEquals(0.014940, spread.get("transformer.h.3.mlp.swiglu.w1.weight"), 1e-6);
        assertEquals(0.0011812, spread.get("transformer.h.3.attn.proj.weight"), 1e-7);
        assertEquals(0.0011812, spread.get("transformer.h.3.mlp.swiglu.w3.weight"), 1e-7);
    }

    @Test
    void anUnknownPresetIsRefusedWithTheNamesThereAre() {
        String message = assertThrows(InputException.class, () -> Presets.named("7B")).getMessage();
        assertTrue(message.startsWith("preset: found 7B, expected one of tiny, "), message);
        assertTrue(message.endsWith("1678M, 2121M"), message);
    }
}
