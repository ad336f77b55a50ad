package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.tensor.InputException;
import dev.unmask.train.data.DataSettings.Sequences;

import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Options that say what text is and which tokens it becomes. */
final class DataOptions {
    @Option(
            names = "--data",
            paramLabel = "SOURCE",
            arity = "1..*",
            description =
                    "wordnet (default), wordnet:noun.animal,…, or files and folders of UTF-8 text: .txt, .text, .md,"
                            + " .jsonl (.ndjson), .csv (.tsv), .parquet, all but the last plain or with .gz or .zst"
                            + " behind. Or what is packed: a folder made by the data command, SMDM's .bin files.")
    private List<String> data = new ArrayList<>();

    @Option(
            names = "--weights",
            paramLabel = "X",
            arity = "1..*",
            description =
                    "How often sequences of each --data are trained on, in proportion. Default: all sequences equally"
                            + " often.")
    private List<Double> weights = new ArrayList<>();

    @Option(
            names = "--documents",
            paramLabel = "D",
            description =
                    "What a document is: file, line (default), jsonl, csv or parquet. Files named by .jsonl, .json, .csv, .tsv"
                            + " or .parquet are always read so; a folder is read for what is said here, or, if it has"
                            + " no text, for the one kind of records in it.")
    private Optional<String> documents;

    @Option(
            names = "--field",
            paramLabel = "NAME",
            description =
                    "The field of a record that holds the text; a.b is the field b of the field a. Default: \"text\", else"
                            + " \"prompt\" and \"completion\", else a chat in \"messages\" or \"conversations\".")
    private Optional<String> field;

    @Option(
            names = "--prompt-field",
            paramLabel = "NAME",
            description = "The field that is given, with --completion-field.")
    private Optional<String> promptField;

    @Option(names = "--completion-field", paramLabel = "NAME", description = "The field that is to be learnt.")
    private Optional<String> completionField;

    @Option(names = "--messages-field", paramLabel = "NAME", description = "The field that holds a chat.")
    private Optional<String> messagesField;

    @Option(
            names = "--turns",
            paramLabel = "WHICH",
            description = "Which answers of a chat are learnt: first, last (default) or each, a document each.")
    private Optional<String> turns;

    @Option(
            names = "--template",
            paramLabel = "T",
            description =
                    "A text of fields, as '{name} is {age} years old'; what stands before {|} is given. Braces that are"
                            + " meant are written twice.")
    private Optional<String> template;

    @Option(
            names = "--style",
            paramLabel = "NAME",
            description =
                    "A published layout of records: gsm8k (a question and its solution in two pieces), sharegpt (the"
                            + " first exchange of a chat).")
    private Optional<String> style;

    @Option(
            names = "--sequences",
            paramLabel = "S",
            description =
                    "How documents become sequences: packed (default: one stream, cut), document (one each, filled up"
                            + " with the end token), prompt (the same, but what is given is neither noised nor learnt).")
    private Optional<Sequences> sequences;

    @Option(
            names = "--tokenizer",
            paramLabel = "T",
            description = "bpe (default: trained on the text), bytes, or a tokenizer.json.")
    private Optional<String> tokenizer;

    @Option(names = "--vocab", paramLabel = "N", description = "Tokens of a tokenizer trained on the text.")
    private Optional<Integer> vocabulary;

    @Option(
            names = "--validation",
            paramLabel = "X",
            description = "Part of the documents that is held out for validation. Default: 0.02.")
    private Optional<Double> validation;

    @Option(
            names = "--strict",
            negatable = true,
            description =
                    "Stop at the first record that holds no document, or is longer than a sequence; otherwise they are"
                            + " left out, counted and named in lost.jsonl.")
    private Optional<Boolean> strict;

    /** Tokens of a tokenizer that would be trained, if so many were asked for. */
    Optional<Integer> vocabulary() {
        return vocabulary;
    }

    /** Lays what was asked for over a configuration's {@code data}. */
    void applyTo(ObjectNode text) {
        if (!data.isEmpty()) {
            ArrayNode sources = text.putArray("sources");
            data.forEach(sources::add);
        }
        if (!weights.isEmpty()) {
            ArrayNode all = text.putArray("weights");
            weights.forEach(all::add);
        }
        documents.ifPresent(value -> text.put("documents", value));
        ObjectNode records = (ObjectNode) text.get("records");
        field.ifPresent(value -> records.put("text", value));
        promptField.ifPresent(value -> records.put("prompt", value));
        completionField.ifPresent(value -> records.put("completion", value));
        String prompt = records.path("prompt").asText();
        String completion = records.path("completion").asText();
        if (prompt.isEmpty() != completion.isEmpty()) {
            throw new InputException(
                    (completion.isEmpty() ? "--prompt-field: found " : "--completion-field: found ")
                            + prompt
                            + completion
                            + " alone, expected --prompt-field and --completion-field");
        }
        messagesField.ifPresent(value -> records.put("messages", value));
        turns.ifPresent(value -> records.put("turns", value));
        template.ifPresent(value -> records.put("template", value));
        style.ifPresent(value -> records.put("style", value));
        sequences.ifPresent(value -> text.put("sequences", value.name().toLowerCase(Locale.ROOT)));
        tokenizer.ifPresent(value -> text.put("tokenizer", value));
        vocabulary.ifPresent(value -> text.put("vocabulary", value));
        validation.ifPresent(value -> text.put("validation_fraction", value));
        strict.ifPresent(value -> text.put("strict", value));
    }
}
