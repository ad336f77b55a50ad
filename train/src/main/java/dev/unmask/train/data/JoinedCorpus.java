package dev.unmask.train.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.LongConsumer;
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
    public Stream<String> documents() {
        return joined(Corpus::documents);
    }

    @Override
    public Stream<CorpusEntry> entries(LongConsumer read) {
        return joined(part -> part.entries(read));
    }

    @Override
    public long bytes() throws IOException {
        long sum = 0;
        for (Corpus part : parts) {
            sum += part.bytes();
        }
        return sum;
    }

    /** What a part has. */
    private interface Reading<T> {
        Stream<T> of(Corpus part) throws IOException;
    }

    private <T> Stream<T> joined(Reading<T> reading) {
        return parts.stream()
                .flatMap(part -> {
                    try {
                        return reading.of(part);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }
}
