package dev.unmask.train.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Several corpora, one after another.
 *
 * @param parts at least one
 */
record JoinedCorpus(List<Corpus> parts) implements Corpus {
    JoinedCorpus {
        parts = List.copyOf(parts);
    }

    @Override
    public String name() {
        return parts.stream().map(Corpus::name).collect(Collectors.joining(" and "));
    }

    @Override
    public Stream<String> documents() throws IOException {
        return parts.stream().flatMap(JoinedCorpus::documents);
    }

    private static Stream<String> documents(Corpus part) {
        try {
            return part.documents();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
