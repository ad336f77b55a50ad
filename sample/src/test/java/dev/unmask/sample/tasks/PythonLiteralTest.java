package dev.unmask.sample.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.model.json.StrictJson;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PythonLiteralTest {
    private static void assertReads(String json, String literal) {
        String expected = StrictJson.parse("{\"value\": " + json + "}", "expected").get("value").toString();
        assertEquals(expected, PythonLiteral.parse(literal).toString());
    }

    @Test
    void listsDictionariesAndConstantsAreRead() {
        assertReads(
                "[{\"a\": [], \"b\": {}}, true, false, null, -12]",
                " [{'a': [], 'b': {}}, True, False, None, -12 ,]\n");
        assertReads("[1, [2]]", "(1, (2,))");
    }

    @Test
    void stringsHaveEitherQuoteAndPythonsEscapes() {
        assertReads("\"it's\"", "\"it's\"");
        assertReads("\"say \\\"hi\\\"\"", "'say \"hi\"'");
        assertReads("\"both ' and \\\"\"", "'both \\' and \"'");
        assertReads("\"a\\n\\t\\r\\\\n\"", "'a\\n\\t\\r\\\\n'");
        assertReads("\"\\u00e9 \\u20ac \\ud83d\\ude00 \\u0007\"", "'\\xe9 \\u20ac \\U0001f600 \\x07'");
        assertReads("\"A8\\\\q\"", "'\\1018\\q'");
        assertReads("\"side by side\"", "'side ' \"by side\"");
        assertReads("\"\"", "''");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[1, 2 | found the end at character 5, expected ',' or ']'",
                "['a | found the end at character 3, expected a closing '",
                "[1] 2 | found '2' at character 4, expected the end",
                "{a: 1} | found 'a' at character 1, expected a key in quotes",
                "{'a' 1} | found '1' at character 5, expected ':'",
                "[print(1)] | found 'p' at character 1, expected a list, a dictionary, a string or a whole number",
                "'\\xg0' | found 'g' at character 3, expected 2 digits of a character",
            })
    void whatIsNoLiteralIsRefused(String literal, String sentence) {
        assertEquals(
                sentence,
                assertThrows(IllegalArgumentException.class, () -> PythonLiteral.parse(literal)).getMessage());
    }
}
