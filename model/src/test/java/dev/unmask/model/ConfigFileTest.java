package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class ConfigFileTest {
    private static final String SIZES =
            "\"n_layer\":2, \"n_head\":4, \"n_embd\":64, \"intermediate_size\":96, \"vocab_size\":300";

    @TempDir private Path folder;

    private ModelConfig read(String json) throws IOException {
        return ConfigFile.read(Files.writeString(folder.resolve(ConfigFile.NAME), json));
    }

    private String refusal(String json) {
        String message = assertThrows(InputException.class, () -> read(json)).getMessage();
        String file = folder.resolve(ConfigFile.NAME) + ": ";
        assertTrue(message.startsWith(file), message);
        return message.substring(file.length());
    }

    @Test
    void whatOnlyHasTheSizesIsAMaskedModelWithThePublishedConstants() throws IOException {
        ModelConfig config = read("{" + SIZES + "}");
        assertEquals(new ModelConfig(2, 4, 64, 96, 300, 4, false, 1e-5f, 10000, false, 2048), config);
    }

    @Test
    void everyKeyIsRead() throws IOException {
        ModelConfig config =
                read(
                        "{"
                                + SIZES
                                + ", \"n_query_groups\":2, \"causal\":true, \"norm_eps\":1e-6, \"rope_base\":500000,"
                                + " \"rope_bf16\":true, \"block_size\":77}");
        assertEquals(new ModelConfig(2, 4, 64, 96, 300, 2, true, 1e-6f, 500000, true, 77), config);
    }

    @Test
    void aByteOrderMarkBeforeTheJsonIsNoPartOfIt() throws IOException {
        assertEquals(read("{" + SIZES + "}"), read("\uFEFF{" + SIZES + "}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"network\":5 | network: found 5, expected a JSON object { … }",
                "\"n_query_groups\":{} | n_query_groups: found {}, expected a whole number",
            })
    void whatIsOfAnotherKindIsRefusedByFileAndKey(String key, String expected) {
        assertEquals(expected, refusal("{" + SIZES + ", " + key + "}"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsPrintedIsReadBack(boolean causal) throws IOException {
        ModelConfig config = new ModelConfig(3, 6, 48, 200, 4097, 2, causal, 3e-6f, 12345.5, true, 999);
        assertEquals(config, read(ConfigFile.print(config)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"n_layer", "n_head", "n_embd", "intermediate_size", "vocab_size"})
    void aMissingSizeIsNamed(String key) {
        String without = "{" + SIZES.replaceFirst("\"" + key + "\":\\d+(, )?", "") + "}";
        assertEquals(
                "key " + key + " is missing; expected the sizes n_layer, n_head, n_embd, intermediate_size, vocab_size",
                refusal(without.replace(", }", "}")));
    }

    @Test
    void anUnknownKeyIsRefusedWithTheKnownOnes() {
        String message = refusal("{" + SIZES + ", \"n_heads\":4}");
        assertTrue(message.startsWith("unknown key n_heads; expected one of block_size, causal, "), message);
        assertTrue(message.contains("n_query_groups"), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "n_layer | 0 | n_layer: found 0, expected at least 1",
                "n_head | -4 | n_head: found -4, expected at least 1",
                "n_embd | 0 | n_embd: found 0, expected at least 1",
                "intermediate_size | 0 | intermediate_size: found 0, expected at least 1",
                "vocab_size | 0 | vocab_size: found 0, expected at least 1",
                "block_size | 0 | block_size: found 0, expected at least 1",
                "n_query_groups | 0 | n_query_groups: found 0, expected at least 1",
                "n_query_groups | 3 | n_query_groups 3 does not divide n_head 4",
                "n_head | 5 | n_head 5 does not divide n_embd 64",
                "n_head | 64 | head size n_embd / n_head = 1 is odd",
                "norm_eps | 0 | norm_eps: found 0.0, expected a number above 0, at most 1",
                "norm_eps | -1e-5 | norm_eps: found -1.0E-5, expected a number above 0, at most 1",
                "norm_eps | 1e39 | norm_eps: found Infinity, expected a number above 0, at most 1",
                "rope_base | 1 | rope_base: found 1.0, expected a number above 1, at most 1.0E12",
                "rope_base | 1e999 | rope_base: found Infinity, expected a number above 1, at most 1.0E12",
                "vocab_size | 2147483647 | vocab_size: found 2147483647, expected at most",
                "n_embd | 1073741824 | n_embd: found 1073741824, expected at most 1048576",
                "intermediate_size | 2147483647 | intermediate_size: found 2147483647, expected at most",
                "block_size | 20480000 | block_size: found 20480000, expected at most 1048576",
                "n_layer | 2147483647 | n_layer: found 2147483647, expected at most",
            })
    void aNumberOutsideItsRangeIsNamed(String key, String value, String sentence) {
        String json = "{" + SIZES.replaceFirst("\"" + key + "\":\\d+(, )?", "") + ", \"" + key + "\":" + value + "}";
        String message = refusal(json.replace("{, ", "{").replace(", , ", ", "));
        assertTrue(message.startsWith(sentence), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "n_layer | \"2\"",
                "n_layer | 2.5",
                "n_layer | null",
                "n_layer | 99999999999",
                "causal | 1",
                "causal | \"yes\"",
                "norm_eps | \"small\"",
                "rope_base | [10000]",
            })
    void aValueOfAnotherKindIsRefusedByItsKey(String key, String value) {
        String json = "{" + SIZES.replaceFirst("\"" + key + "\":\\d+(, )?", "") + ", \"" + key + "\":" + value + "}";
        String message = refusal(json);
        assertTrue(message.startsWith(key + ": "), message);
    }

    @Test
    void whatIsNoJsonObjectIsRefused() {
        assertTrue(refusal("[]").contains("expected a JSON object"));
        assertTrue(refusal("").contains("expected a JSON object"));
        assertTrue(refusal("{" + SIZES).contains("line 1"));
        assertTrue(refusal("{" + SIZES + "} more").contains("line 1"));
        assertTrue(refusal("{" + SIZES + ", \"causal\":true, \"causal\":false}").contains("causal"));
    }
}
