package dev.unmask.model.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StrictJsonTest {
    record Inner(int count, double rate, boolean on, String name) {}

    record Settings(Inner inner) {}

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"count\": \"7\" | count: found \"7\", expected a whole number",
                "\"count\": 1.5   | count: found 1.5, expected a whole number",
                "\"count\": null  | count: found null, expected a whole number",
                "\"count\": [1]   | count: found [1], expected a whole number",
                "\"rate\": \"x\"  | rate: found \"x\", expected a number",
                "\"on\": \"yes\"  | on: found \"yes\", expected true or false",
                "\"name\": {}     | name: found {}, expected a string",
            })
    void aValueOfAnotherTypeIsRefusedByWhatItIs(String value, String finding) {
        String key = value.substring(0, value.indexOf(':'));
        String others =
                "\"count\": 1, \"rate\": 0.5, \"on\": true, \"name\": \"a\""
                        .replaceFirst(key + ": [^,]*", value.replace("\\", "\\\\"));
        String json = "{\"inner\": {" + others + "}}";
        InputException refused =
                assertThrows(
                        InputException.class,
                        () -> StrictJson.bind(StrictJson.parse(json, "file"), Settings.class, "file"));
        assertEquals("file: inner." + finding, refused.getMessage());
    }
}
