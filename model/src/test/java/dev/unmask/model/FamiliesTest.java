package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/** How the configurations of published families are read, refused and written. */
class FamiliesTest {
    private static final String LLAMA =
            """
            {"model_type": "llama", "vocab_size": 40, "hidden_size": 16, "intermediate_size": 24,
             "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "rms_norm_eps": 1e-5,
             "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2}
            """;
    private static final String LLADA =
            """
            {"model_type": "llada", "d_model": 16, "n_layers": 2, "n_heads": 4, "n_kv_heads": 2, "mlp_hidden_size": 24,
             "vocab_size": 40, "embedding_size": 48, "max_sequence_length": 64, "rope_theta": 500000.0,
             "weight_tying": false, "mask_token_id": 39}
            """;
    private static final String BERT =
            """
            {"model_type": "bert", "vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2,
             "num_attention_heads": 4, "intermediate_size": 24, "max_position_embeddings": 64, "mask_token_id": 3}
            """;

    @TempDir private Path folder;

    private static ObjectNode keys(String family) {
        return StrictJson.parse(
                switch (family) {
                    case "llama" -> LLAMA;
                    case "qwen2", "qwen3" -> LLAMA.replace("\"llama\"", '"' + family + '"');
                    case "dream" -> LLAMA.replace("\"llama\"", "\"Dream\", \"mask_token_id\": 39");
                    case "a2d" -> LLAMA.replace("\"llama\"", "\"a2d-qwen3\", \"mask_token_id\": 39");
                    case "llada" -> LLADA;
                    case "bert" -> BERT;
                    default -> throw new AssertionError(family);
                },
                family);
    }

    private ModelConfig read(ObjectNode keys) throws IOException {
        return open(keys).config();
    }

    private ModelFolder open(ObjectNode keys) throws IOException {
        Files.writeString(folder.resolve("config.json"), keys.toString());
        if (!Files.exists(folder.resolve("model.safetensors"))) {
            Files.createFile(folder.resolve("model.safetensors"));
        }
        return ModelFolder.open(folder);
    }

    private String refusal(ObjectNode keys) {
        String message = assertThrows(InputException.class, () -> read(keys)).getMessage();
        assertTrue(message.startsWith(folder.toString()), message);
        return message;
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen2", "qwen3", "dream", "a2d", "llada", "bert"})
    void whatAFamilyWritesItReadsAgain(String family) throws IOException {
        ModelFolder first = open(keys(family));
        ModelConfig config = first.config();
        ObjectNode written = StrictJson.tree(first.family().orElseThrow().write(config, first.tokens()));
        assertEquals(config, read(written));
    }

    @Test
    void aMaskTokenMayLieAnywhereInTheVocabulary() throws IOException {
        ModelConfig config = read(keys("llada"));
        assertEquals(39, config.maskToken());
        assertEquals(48, config.embeddingRows());
        assertEquals(48, config.vocabulary());
    }

    @Test
    void logitsOfDreamAreShifted() throws IOException {
        assertTrue(read(keys("dream")).network().shiftedLogits());
        assertFalse(read(keys("a2d")).network().shiftedLogits());
    }

    @Test
    void theFamiliesDifferInBiasesNormsAndHeads() throws IOException {
        assertTrue(read(keys("qwen2")).network().projections().bias());
        assertFalse(read(keys("llama")).network().projections().bias());
        assertTrue(read(keys("qwen3")).network().projections().norms());
        assertEquals(128, read(keys("qwen3")).heads().size());
        assertEquals(500_000, read(keys("llada")).ropeBase());
        assertTrue(read(keys("bert")).network().head().tied());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "llama | rope_scaling | {\"rope_type\": \"llama3\", \"factor\": 8.0}",
                "llama | rope_scaling | {\"type\": \"linear\", \"factor\": 2.0}",
                "llama | rope_scaling | {\"factor\": 2.0}",
                "llama | rope_parameters | {\"rope_type\": \"yarn\", \"rope_theta\": 10000.0}",
                "llama | quantization_config | {\"bits\": 4}",
                "llama | hidden_act | \"gelu\"",
                "llama | sliding_window | 4096",
                "llama | num_experts | 8",
                "llama | num_local_experts | 8",
                "llama | partial_rotary_factor | 0.5",
                "llama | final_logit_softcapping | 30.0",
                "llama | embedding_multiplier | 12.0",
                "llama | clip_qkv | 8.0",
                "qwen2 | use_sliding_window | true",
                "qwen2 | layer_types | [\"full_attention\", \"sliding_attention\"]",
                "qwen3 | moe_intermediate_size | 768",
                "dream | rope_scaling | {\"type\": \"dynamic\", \"factor\": 2.0}",
                "llada | block_type | \"sequential\"",
                "llada | activation_type | \"swiglu\"",
                "llada | layer_norm_type | \"default\"",
                "llada | rope | false",
                "llada | alibi | true",
                "llada | include_bias | true",
                "llada | attention_layer_norm | true",
                "llada | input_emb_norm | true",
                "llada | block_group_size | 2",
                "llada | scale_logits | true",
                "bert | hidden_act | \"gelu_new\"",
                "bert | position_embedding_type | \"relative_key\"",
                "bert | is_decoder | true",
                "bert | quantization_config | {\"quant_method\": \"gptq\"}",
                "bert | qk_norm | true",
                "bert | head_dim | 8",
                "llada | head_dim | 8",
                "llada | hidden_act | \"gelu\"",
                "llada | n_kv_heads | 3",
                "llama | num_key_value_heads | 3",
                "llama | activation_function | \"gelu\"",
                "llama | rope_type | \"linear\"",
                "llama | rope_interleave | true",
                "llama | text_config | {\"hidden_size\": 16}",
                "qwen2 | mlp_bias | true",
                "qwen2 | use_dynamic_ntk | true",
            })
    void whatChangesTheMathematicsIsRefusedByNameAndValue(String family, String key, String value) {
        ObjectNode keys = keys(family);
        keys.set(key, StrictJson.parse("{\"value\": " + value + "}", "test").get("value"));
        String message = refusal(keys);
        assertTrue(message.contains(key + ": found "), message);
        assertTrue(message.contains(keys.get(key).toString()), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rope_parameters", "rope_scaling"})
    void twoBasesOfRotaryPositionsThatDisagreeAreRefused(String group) throws IOException {
        ObjectNode keys = keys("llama");
        keys.put("rope_theta", 500_000).putObject(group).put("rope_theta", 10_000);
        assertTrue(
                refusal(keys)
                        .endsWith(
                                "rope_theta: found 500000, expected 10000.0, as rope_parameters or rope_scaling"
                                        + " says"),
                refusal(keys));
        keys.put("rope_theta", 10_000);
        assertEquals(10_000, read(keys).ropeBase());
    }

    @Test
    void ofALongValueTheBeginningIsShown() {
        ObjectNode keys = keys("llama");
        keys.put("hidden_size", new BigInteger("9".repeat(900)));
        assertTrue(
                refusal(keys)
                        .endsWith("hidden_size: found " + "9".repeat(120) + "…, expected a whole number of at least 1"),
                refusal(keys));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\": 1, \"a\": 2} | line 1, column 13: Duplicate field 'a'; expected one JSON object",
                "{} {}              | line 1, column 4: Trailing token (of type START_OBJECT) found after value;"
                        + " expected one JSON object",
                "{\"a\":              | line 1, column 6: Unexpected end-of-input within/between Object entries;"
                        + " expected one JSON object",
            })
    void whatIsNoJsonIsRefusedByFileAndPlace(String json, String expected) throws IOException {
        read(keys("llama"));
        Files.writeString(folder.resolve("config.json"), json);
        String message = assertThrows(InputException.class, () -> ModelFolder.open(folder)).getMessage();
        assertEquals(folder.resolve("config.json") + ": " + expected, message);
    }

    @Test
    void jsonWithinJsonWithoutEndIsRefused() throws IOException {
        read(keys("llama"));
        Files.writeString(folder.resolve("config.json"), "{\"a\":".repeat(100_000));
        String message = assertThrows(InputException.class, () -> ModelFolder.open(folder)).getMessage();
        assertEquals(
                folder.resolve("config.json")
                        + ": Document nesting depth (1001) exceeds the maximum allowed (1000); expected one JSON"
                        + " object",
                message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "id2label | {\"0\": \"LABEL_0\"}",
                "use_cache | true",
                "rope_scaling | null",
                "rope_scaling | {\"type\": \"default\"}",
                "rope_parameters | {\"rope_type\": \"default\", \"rope_theta\": 10000.0}",
                "sliding_window | null",
                "quantization_config | null",
                "layer_types | [\"full_attention\", \"full_attention\"]",
                "num_experts | 0",
                "activation_function | \"silu\"",
                "rope_type | \"default\"",
                "rope_interleave | false",
                "text_config | null",
                "head_dim | 4",
                "partial_rotary_factor | 1.0",
                "a_key_of_a_later_version | 7",
            })
    void whatDoesNotIsPassedOver(String key, String value) throws IOException {
        ModelConfig plain = read(keys("llama"));
        ObjectNode keys = keys("llama");
        keys.set(key, StrictJson.parse("{\"value\": " + value + "}", "test").get("value"));
        assertEquals(plain, read(keys));
    }

    /** Keys of the configuration class that LLaDA's own folders list, at their values there. */
    @Test
    void allKeysThatPublishersOfLladaWriteAreKnown() throws IOException {
        ModelConfig plain = read(keys("llada"));
        ObjectNode keys = keys("llada");
        keys.setAll(
                StrictJson.parse(
                        """
                        {"activation_type": "silu", "alibi": false, "alibi_bias_max": 8.0, "attention_dropout": 0.0,
                         "attention_layer_norm": false, "attention_layer_norm_with_affine": true,
                         "bias_for_layer_norm": false, "block_group_size": 1, "block_type": "llama",
                         "embedding_dropout": 0.0, "flash_attention": false, "include_bias": false,
                         "include_qkv_bias": false, "init_cutoff_factor": null, "init_device": "meta",
                         "init_fn": "mitchell", "init_std": 0.02, "input_emb_norm": false, "layer_norm_type": "rms",
                         "layer_norm_with_affine": true, "mlp_ratio": 4, "multi_query_attention": null,
                         "precision": "amp_bf16", "residual_dropout": 0.0, "rope": true, "rope_full_precision": true,
                         "scale_logits": false, "use_cache": false}
                        """,
                        "llada"));
        assertEquals(plain, read(keys));
    }

    @Test
    void aFamilyThatIsNotSupportedIsNamedWithThoseThatAre() {
        ObjectNode keys = keys("llama").put("model_type", "mamba");
        assertTrue(refusal(keys).contains("model_type: found \"mamba\", expected one of a2d-qwen3, "), refusal(keys));
    }

    @Test
    void aMissingSizeIsNamed() {
        ObjectNode keys = keys("llama");
        keys.remove("hidden_size");
        assertTrue(refusal(keys).contains("key hidden_size is missing"), refusal(keys));
        assertTrue(refusal(keys("llama").put("hidden_size", "wide")).contains("hidden_size: found \"wide\""));
        assertTrue(refusal(keys("llama").put("hidden_size", 0)).contains("hidden_size: found 0"));
        assertTrue(refusal(keys("llama").put("hidden_size", 18)).contains("num_attention_heads: found 4"));
    }

    @Test
    void aMaskedModelWithoutAMaskTokenIsRefused() {
        ObjectNode keys = keys("llada");
        keys.remove("mask_token_id");
        assertTrue(refusal(keys).contains("no mask token: found none"), refusal(keys));
        assertTrue(refusal(keys.put("mask_token_id", 48)).contains("found id 48, expected one below vocab_size 48"));
    }

    @Test
    void theMaskTokenMayBeNamedByTheTokenizersFiles() throws IOException {
        ObjectNode keys = keys("a2d");
        keys.remove("mask_token_id");
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                """
                {"mask_token": {"content": "<|mask|>"}, "eos_token": "<|end|>", "pad_token": "<|end|>",
                 "added_tokens_decoder": {"37": {"content": "<|mask|>"}, "36": {"content": "<|end|>"},
                                          "35": {"content": "<|im_end|>"}}}
                """);
        keys.remove("eos_token_id");
        ModelFolder opened = open(keys);
        assertEquals(37, opened.config().maskToken());
        TokenRoles roles = opened.tokens();
        assertEquals(OptionalInt.of(37), roles.mask());
        assertEquals(Set.of(36), roles.ends());
        assertEquals(OptionalInt.of(36), roles.padding());
        assertEquals(OptionalInt.of(35), roles.endOfTurn());
        assertEquals(OptionalInt.of(1), roles.begin());
    }

    @Test
    void generationMayEndAtSeveralTokens() throws IOException {
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [2, 7], \"pad_token_id\": 7}");
        TokenRoles roles = open(keys("llama")).tokens();
        assertEquals(List.of(2, 7), List.copyOf(roles.ends()));
        assertEquals(OptionalInt.of(7), roles.padding());
    }

    @Test
    void ourOwnConfigurationStillRefusesAnUnknownKey() throws IOException {
        ObjectNode own = StrictJson.tree(ModelConfig.masked(1, 2, 8, 8, 40));
        assertEquals(ModelConfig.masked(1, 2, 8, 8, 40), read(own));
        assertTrue(refusal(own.put("use_cache", true)).contains("unknown key use_cache"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama", "qwen3", "dream", "bert"})
    void aNetworkIsPartOfOurOwnConfiguration(String family) throws IOException {
        ModelConfig config = read(keys(family));
        assertEquals(config, read(StrictJson.tree(config)));
    }

    @Test
    void aFamilyRefusesANetworkThatItDoesNotHave() throws IOException {
        ModelConfig bert = read(keys("bert"));
        Family llada = Family.named("llada").orElseThrow();
        String message = assertThrows(InputException.class, () -> llada.write(bert, TokenRoles.NONE)).getMessage();
        assertTrue(message.startsWith("--family llada: found a model with layer norms"), message);
    }
}
