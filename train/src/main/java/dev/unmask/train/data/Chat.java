package dev.unmask.train.data;

import dev.unmask.train.data.CorpusEntry.Document;
import dev.unmask.train.data.CorpusEntry.Part;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The turns of a chat, rendered as Vicuna 1.1 does, which SMDM was tuned with (METHOD §3): a sentence of the system,
 * {@code USER: …}, {@code ASSISTANT:} and the answer, with a space between all of them.
 *
 * @param system what the assistant is told before the first turn
 * @param turns in their order
 */
record Chat(String system, List<Turn> turns) {
    private static final String SYSTEM =
            "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful,"
                    + " detailed, and polite answers to the user's questions.";
    private static final String USER = " USER: ";
    private static final String ASSISTANT = " ASSISTANT:";

    /** Somebody said something. */
    record Turn(boolean assistant, String text) {}

    Chat {
        turns = List.copyOf(turns);
    }

    /** Reads {@code role} and {@code content}, or ShareGPT's {@code from} and {@code value}. */
    static Chat read(RecordFields record, String name) {
        List<Turn> turns = new ArrayList<>();
        String system = SYSTEM;
        for (RecordFields message : record.list(name)) {
            boolean published = message.has("from");
            String role = message.string(published ? "from" : "role").toLowerCase(Locale.ROOT);
            String text = message.string(published ? "value" : "content");
            switch (role) {
                case "system" -> system = text;
                case "user", "human" -> turns.add(new Turn(false, text));
                case "assistant", "gpt", "bot", "model" -> turns.add(new Turn(true, text));
                default ->
                        throw new BadRecordException(
                                '"'
                                        + name
                                        + "\" has the role \""
                                        + role
                                        + "\", expected system, user (human) or assistant (gpt)");
            }
        }
        return new Chat(system, turns);
    }

    /** The first question and its answer, which must be the first two turns; the answer as it stands. */
    List<Document> firstExchange() {
        if (turns.size() < 2 || turns.getFirst().assistant() || !turns.get(1).assistant()) {
            throw new BadRecordException("found no question by a human and its answer at the beginning of the chat");
        }
        return List.of(document(prompt(1), turns.get(1).text()));
    }

    /** A document for each answer that is learnt; all before it is given. */
    List<Document> documents(RecordSettings.Turns which) {
        List<Document> answers = new ArrayList<>();
        for (int i = 0; i < turns.size(); i++) {
            if (turns.get(i).assistant()) {
                answers.add(document(prompt(i), " " + turns.get(i).text()));
            }
        }
        if (answers.isEmpty()) {
            throw new BadRecordException("found no answer of an assistant in the chat, expected at least one to learn");
        }
        return switch (which) {
            case FIRST -> List.of(answers.getFirst());
            case LAST -> List.of(answers.getLast());
            case EACH -> answers;
        };
    }

    private Document document(String prompt, String answer) {
        return new Document(List.of(new Part(prompt, true), new Part(answer, false)), prompt(turns.size()));
    }

    /** Everything before a turn of the assistant. */
    private String prompt(int before) {
        StringBuilder text = new StringBuilder(system);
        for (Turn turn : turns.subList(0, before)) {
            text.append(turn.assistant() ? ASSISTANT + " " : USER).append(turn.text());
        }
        return text.append(ASSISTANT).toString();
    }
}
