package dev.unmask.train.data;

import dev.unmask.tensor.io.FileKind;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The documents of one file, and traces of what in it holds none. */
final class FileEntries {
    private FileEntries() {}

    static Stream<CorpusEntry> of(Path file, TextFiles.Layout layout, RecordReader reader, LongConsumer read)
            throws IOException {
        return switch (layout) {
            case FILE -> whole(file, read);
            case LINES -> {
                boolean problems = reader.settings().chosenStyle() == RecordSettings.Style.GSM8K;
                yield lines(file, read, (where, line) -> problems ? problem(where, line) : plain(where, line));
            }
            case JSON_LINES ->
                    lines(
                            file,
                            read,
                            (where, line) ->
                                    line.text().isBlank()
                                            ? Stream.empty()
                                            : reader.entries(where, () -> new JsonRecord(file, line).fields()));
            case CSV -> rows(file, reader, read);
            case PARQUET -> records(file, reader, read);
        };
    }

    private static Stream<CorpusEntry> whole(Path file, LongConsumer read) throws IOException {
        try {
            String text = Utf8Lines.whole(file, read);
            return text.isBlank() ? Stream.empty() : Stream.of(CorpusEntry.Document.of(text).at(file.toString()));
        } catch (BadRecordException e) {
            return Stream.of(new CorpusEntry.Lost(e.getMessage()));
        }
    }

    private static Stream<CorpusEntry> plain(String where, Utf8Lines.Line line) {
        return line.text().isBlank() ? Stream.empty() : Stream.of(CorpusEntry.Document.of(line.text()).at(where));
    }

    private static Stream<CorpusEntry> problem(String where, Utf8Lines.Line line) {
        if (line.text().isBlank()) {
            return Stream.empty();
        }
        try {
            return MathRecord.documents(line.text()).stream().map(document -> document.at(where));
        } catch (BadRecordException e) {
            return Stream.of(new CorpusEntry.Lost(where + ": " + e.getMessage()));
        }
    }

    /** What is made of a line. */
    private interface LineReader {
        Stream<CorpusEntry> read(String where, Utf8Lines.Line line);
    }

    private static Stream<CorpusEntry> lines(Path file, LongConsumer read, LineReader reader) throws IOException {
        Utf8Lines lines = Utf8Lines.open(file, read);
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(new Readable(lines), Spliterator.ORDERED), false)
                .flatMap(one ->
                        switch (one) {
                            case Readable.Good good ->
                                    reader.read(file + ", line " + good.line().number(), good.line());
                            case Readable.Bad bad -> Stream.of(new CorpusEntry.Lost(bad.message()));
                        })
                .onClose(lines::close);
    }

    /** Lines, of which those that are not UTF-8 are told instead of thrown. */
    private record Readable(Utf8Lines lines) implements Iterator<Readable.One> {
        sealed interface One {}

        record Good(Utf8Lines.Line line) implements One {}

        record Bad(String message) implements One {}

        @Override
        public boolean hasNext() {
            return lines.hasNext();
        }

        @Override
        public One next() {
            try {
                return new Good(lines.next());
            } catch (BadRecordException e) {
                return new Bad(e.getMessage());
            }
        }
    }

    private static Stream<CorpusEntry> rows(Path file, RecordReader reader, LongConsumer read) throws IOException {
        Utf8Lines lines = Utf8Lines.open(file, read);
        boolean tabs = TextFiles.plainName(file.getFileName().toString()).endsWith(".tsv");
        CsvRecords rows = new CsvRecords(file.toString(), tabs, lines);
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(rows, Spliterator.ORDERED), false)
                .flatMap(row -> reader.entries(file + ", line " + row.line(), () -> row.fields(rows.columns())))
                .onClose(lines::close);
    }

    private static Stream<CorpusEntry> records(Path file, RecordReader reader, LongConsumer read) throws IOException {
        long bytes = Files.size(file);
        RecordFormat.Records records = RecordFiles.open(FileKind.PARQUET, file);
        Iterator<Map<String, Object>> told =
                new Iterator<>() {
                    private long number;

                    @Override
                    public boolean hasNext() {
                        return records.hasNext();
                    }

                    @Override
                    public Map<String, Object> next() {
                        Map<String, Object> next = records.next();
                        number++;
                        // Rows have no place of their own in a file of columns.
                        read.accept(bytes * number / records.size() - bytes * (number - 1) / records.size());
                        return next;
                    }
                };
        long[] row = {0};
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(told, Spliterator.ORDERED), false)
                .flatMap(record -> reader.entries(file + ", row " + ++row[0], () -> new RecordFields(record)))
                .onClose(records::close);
    }
}
