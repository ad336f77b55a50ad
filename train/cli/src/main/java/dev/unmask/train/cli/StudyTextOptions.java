package dev.unmask.train.cli;

import dev.unmask.train.data.DataSettings;

import picocli.CommandLine.Option;

import java.util.List;

/** What the models of an experiment read. */
final class StudyTextOptions {
    private static final double HELD_OUT = 0.06;

    @Option(
            names = "--data",
            paramLabel = "SOURCE",
            description = "Text, a document a line. Default: WordNet's definitions and examples.")
    private List<String> data = List.of("wordnet");

    @Option(
            names = "--vocab",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Tokens of the tokenizer that is trained on it. Default: ${DEFAULT-VALUE}.")
    private int vocabulary;

    DataSettings settings() {
        return new DataSettings(data, "line", "bpe", vocabulary, HELD_OUT);
    }
}
