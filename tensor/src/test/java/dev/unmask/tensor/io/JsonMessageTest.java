package dev.unmask.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonMessageTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\": 1   | Unexpected end-of-input: expected close marker for Object",
                "// remark   | Unexpected character ('/' (code 47)): maybe a (non-standard) comment?",
                "{\"a\": NaN | Non-standard token 'NaN'",
                "{'a': 1}    | Unexpected character (''' (code 39)): was expecting double-quote to start field name",
            })
    void nothingIsSaidOfTheParsersFeatures(String json, String expected) {
        JsonProcessingException refused =
                assertThrows(JsonProcessingException.class, () -> new ObjectMapper().readTree(json));
        assertEquals(expected, JsonMessage.of(refused.getOriginalMessage()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Number value length (5000) exceeds the maximum allowed (1000, from"
                    + " `StreamReadConstraints.getMaxNumberLength()`) | Number value length (5000) exceeds the maximum"
                    + " allowed (1000)",
                "Trailing token (of type START_OBJECT) found after value (bound as `x.JsonNode`): not allowed as per"
                    + " `DeserializationFeature.FAIL_ON_TRAILING_TOKENS` | Trailing token (of type START_OBJECT) found"
                    + " after value",
                "Numeric value (1) out of range of int | Numeric value (1) out of range of int",
            })
    void whatWasFoundAndWhatIsAllowedIsKept(String message, String expected) {
        assertEquals(expected, JsonMessage.of(message));
    }
}
