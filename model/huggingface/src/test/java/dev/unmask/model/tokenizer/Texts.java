package dev.unmask.model.tokenizer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Real and nasty texts for the tests of tokenizers. */
final class Texts {
    private static final String WORDNET = "net/sf/extjwnl/data/wordnet/wn31/data.";

    private static final int[] NASTY = {
        ' ', ' ', ' ', '\n', '\t', '\r', 0x0B, 0x1C, 0x1F, 0, 0x7F, 0x85, 0xA0, 0xAD, 0x1680, 0x2003, 0x2028, 0x202F,
        0x200B, 0x200D, 0x3000, 0xFEFF, 0xFFFD, 'a', 'b', 'e', 's', 't', 'v', 'l', '\'', '\'', '\'', '1', '9', '.', '-',
        '<', '|', 'é', 'ß', 'Ω', 'ж', 'ا', 'ש', '中', '語', 'ｱ', '한', 'ก', 0x0301, 0x20DD, 0x0903, '²', '½', 'Ⅷ', '٣',
        '५', 0x1F600, 0x1F468, 0x1F3FD, 0x1D11E, 0x1D7D8, 0x20000, 0x10FFFF, 0xE000, 0xFFFF, '€', '™', '_', 'Ġ', 'Ċ'
    };

    private Texts() {}

    /** The definitions of a part of speech in WordNet: {@code noun}, {@code verb}, {@code adj} or {@code adv}. */
    static List<String> definitions(String partOfSpeech) {
        InputStream data = Texts.class.getClassLoader().getResourceAsStream(WORDNET + partOfSpeech);
        try (Stream<String> lines = new BufferedReader(new InputStreamReader(data, StandardCharsets.UTF_8)).lines()) {
            return lines.filter(line -> !line.startsWith("  "))
                    .map(line -> line.substring(line.indexOf("| ") + 2))
                    .toList();
        }
    }

    /** Characters of every kind that a pre-tokenizer tells apart, in random order. */
    static String nasty(Random random, int length) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(NASTY[random.nextInt(NASTY.length)]);
        }
        return text.toString();
    }

    static List<String> resource(String name) {
        try (InputStream in = Texts.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
