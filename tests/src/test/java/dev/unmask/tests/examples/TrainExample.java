package dev.unmask.tests.examples;

import dev.unmask.sample.FillIn;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.Run;
import dev.unmask.train.RunConfig;
import dev.unmask.train.TrainingRun;

import java.io.IOException;
import java.nio.file.Path;

/** Trains a small model on a text, a document a line, and fills a blank: {@code TrainExample corpus.txt run 300}. */
public final class TrainExample {
    private TrainExample() {}

    public static void main(String[] arguments) throws IOException {
        RunConfig config = RunConfig.defaults("tiny", Long.parseLong(arguments[2])).withText(Path.of(arguments[0]));
        try (Backend backend = Backends.cpu()) {
            Run run = Run.begin(backend, config, Path.of(arguments[1]));
            run.train(TrainingRun.Listener.NONE);
            System.out.println(new FillIn(run.model()).fill("the ____ sleeps").text());
        }
    }
}
