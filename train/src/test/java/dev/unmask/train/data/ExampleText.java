package dev.unmask.train.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A text of lines, each a document of its own and each another. */
final class ExampleText {
    static final int LINES = 80;

    private ExampleText() {}

    static Path write(Path file, String subject) throws IOException {
        return Files.writeString(
                file,
                IntStream.range(0, LINES)
                        .mapToObj(line -> subject + " sleeps on mat " + line + "\n")
                        .collect(Collectors.joining()));
    }

    static DataSettings settings(String tokenizer, double validationFraction, Path... sources) {
        List<String> names = Arrays.stream(sources).map(Path::toString).toList();
        return new DataSettings(names, "line", tokenizer, 300, validationFraction);
    }
}
