package dev.unmask.train.data;

import dev.unmask.train.data.CorpusEntry.Document;
import dev.unmask.train.data.CorpusEntry.Part;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes documents of records.
 *
 * @param settings which fields mean what
 */
record RecordReader(RecordSettings settings) {
    private static final String TEXT = "text";
    private static final String PROMPT = "prompt";
    private static final String COMPLETION = "completion";
    private static final List<String> CHATS = List.of("messages", "conversations");

    /**
     * The documents of a record.
     *
     * @throws BadRecordException if there is none in it
     */
    List<Document> documents(RecordFields record) {
        List<Document> documents =
                switch (settings.chosenStyle()) {
                    case GSM8K -> MathRecord.documents(record, settings);
                    case SHAREGPT -> Chat.read(record, chat(record).orElse(CHATS.getLast())).firstExchange();
                    case AUTO -> shaped(record);
                };
        return documents.stream().filter(document -> !document.text().isBlank()).toList();
    }

    private List<Document> shaped(RecordFields record) {
        if (!settings.template().isEmpty()) {
            return List.of(filled(record));
        }
        if (!settings.text().isEmpty()) {
            return List.of(Document.of(record.string(settings.text())));
        }
        if (!settings.prompt().isEmpty()) {
            return List.of(pair(record, settings.prompt(), settings.completion()));
        }
        if (settings.messages().isEmpty() && record.has(TEXT)) {
            return List.of(Document.of(record.string(TEXT)));
        }
        if (settings.messages().isEmpty() && (record.has(PROMPT) || record.has(COMPLETION))) {
            return List.of(pair(record, PROMPT, COMPLETION));
        }
        Optional<String> chat = chat(record);
        if (chat.isPresent()) {
            return Chat.read(record, chat.get()).documents(settings.chosenTurns());
        }
        throw new BadRecordException(
                "found "
                        + record.names()
                        + ", expected the string \"text\", or the strings \"prompt\" and \"completion\", or a chat in"
                        + " \"messages\"; name other fields by --field, or --prompt-field and --completion-field");
    }

    private Optional<String> chat(RecordFields record) {
        return settings.messages().isEmpty()
                ? CHATS.stream().filter(record::has).findFirst()
                : Optional.of(settings.messages());
    }

    private static Document pair(RecordFields record, String prompt, String completion) {
        String given = record.string(prompt);
        String learnt = record.string(completion);
        return new Document(List.of(new Part(given, true), new Part(learnt, false)), given + learnt);
    }

    private Document filled(RecordFields record) {
        List<RecordTemplate.Piece> pieces = RecordTemplate.of(settings.template()).pieces();
        boolean prompted = pieces.stream().anyMatch(RecordTemplate.EndOfPrompt.class::isInstance);
        List<Part> parts = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        boolean given = prompted;
        for (RecordTemplate.Piece piece : pieces) {
            switch (piece) {
                case RecordTemplate.Words words -> text.append(words.text());
                case RecordTemplate.Field field -> text.append(record.plain(field.name()));
                case RecordTemplate.EndOfPrompt _ -> {
                    parts.add(new Part(text.toString(), given));
                    text.setLength(0);
                    given = false;
                }
            }
        }
        parts.add(new Part(text.toString(), given));
        String all = String.join("", parts.stream().map(Part::text).toList());
        return new Document(parts.stream().filter(part -> !part.text().isEmpty()).toList(), all);
    }

    /** The documents of a record that was read at a place, or the trace of it. */
    Stream<CorpusEntry> entries(String where, Fields fields) {
        try {
            return documents(fields.read()).stream().map(document -> document.at(where));
        } catch (BadRecordException e) {
            // What a line's own reader has refused says where already.
            boolean located = e.getMessage().startsWith(where.substring(0, where.lastIndexOf(',')) + ", ");
            return Stream.of(new CorpusEntry.Lost(located ? e.getMessage() : where + ": " + e.getMessage()));
        }
    }

    /** Reads a record. */
    interface Fields {
        RecordFields read();
    }
}
