package dev.unmask.tests.examples;

import dev.unmask.model.BytePairTrainer;
import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.TextTokenizer;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.Backends;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.data.PackedTokens;
import dev.unmask.train.data.TextFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Trains a masked diffusion model on a text file: {@code TrainExample corpus.txt model 300}. */
public final class TrainExample {
    private TrainExample() {}

    public static void main(String[] arguments) throws IOException {
        TextFiles corpus = new TextFiles(List.of(Path.of(arguments[0])), TextFiles.Layout.LINES);
        Path folder = Files.createDirectories(Path.of(arguments[1]));
        long steps = Long.parseLong(arguments[2]);

        BytePairTrainer merges = new BytePairTrainer(512);
        try (Stream<String> lines = corpus.documents()) {
            lines.forEach(merges::add);
        }
        TextTokenizer tokenizer = merges.train();
        tokenizer.save(folder.resolve(ModelFolder.TOKENIZER));
        PackedTokens tokens =
                PackedTokens.pack(corpus, tokenizer, folder.resolve("text.tokens"), (documents, count) -> {});

        try (Backend backend = Backends.cpu()) {
            ModelConfig config = ModelConfig.masked(2, 4, 64, 256, tokenizer.vocabulary());
            Transformer model = Initialization.of(backend, config, 1);
            Trainer trainer = new Trainer(backend, model, tokens, TrainerSettings.of(steps, 8, 32, 2e-3));
            while (trainer.step() < steps) {
                StepMetrics done = trainer.next();
                if (done.step() % 50 == 0 || done.step() == steps) {
                    System.out.printf("step %d: %.3f nats a token%n", done.step(), done.loss());
                }
            }
            ModelFolder.save(model, folder);
        }
    }
}
