package dev.unmask.train.cli;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.serve.ModelServer;
import dev.unmask.serve.ServerSettings;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;

/** {@code unmask serve}: a page and an API. */
@Command(
        description = {
            "Serves a model: a page that shows how it fills blanks, step by step, and an API for programs.",
            "",
            "The page is at the address that is printed. Programs find /v1/models, /v1/completions and"
                    + " /v1/chat/completions in the form of OpenAI's, /v1/fill and /v1/score of our own,"
                    + " /openapi.json that describes them all, /healthz and /metrics (Prometheus).",
            "",
            "Only this machine reaches it, unless --host says otherwise; then it wants a key, which whoever asks shows"
                    + " as 'Authorization: Bearer KEY'. Ctrl-C finishes what has begun and ends."
        },
        footer = {
            "",
            "Examples:",
            "  unmask serve --model runs/demo",
            "  unmask serve --model models/bert --port 9000 --threads 1",
            "  unmask serve --model runs/mine --host 0.0.0.0 --api-key-file key.txt --allow-host models.example.org",
            "  unmask serve --model runs/mine --queue 256 --batch 16 --max-tokens 256 --time-limit 20"
        })
final class ServeCommand implements Callable<Integer> {
    /** By which environment a container is told a key. */
    private static final String KEY_VARIABLE = "UNMASK_API_KEY";

    private static final int MOST_SECONDS = 86_400;
    private static final int MOST_KIBIBYTES = 1 << 20;

    @Mixin private EngineOptions engine;
    @Mixin private ModelOptions model;
    @Mixin private PrecisionOption precision;
    @Mixin private MemoryOptions memory;

    @Option(
            names = "--host",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description = "Where to listen; 0.0.0.0: everywhere. Default: ${DEFAULT-VALUE}.")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Where to listen; 0: a port that is free. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--name",
            paramLabel = "NAME",
            description = "What requests call the model. Default: the name of its folder or file.")
    private Optional<String> name = Optional.empty();

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description =
                    "A file with the key that programs must show, alone on its first line. Default: the environment's "
                            + KEY_VARIABLE
                            + ", if it is set, else none.")
    private Optional<Path> keyFile = Optional.empty();

    @Option(
            names = "--allow-host",
            paramLabel = "NAME",
            description = "A name that requests may call this machine by, beside localhost and addresses. Repeatable.")
    private List<String> hosts = List.of();

    @Option(
            names = "--allow-origin",
            paramLabel = "ORIGIN",
            description = "A site whose pages may ask, as https://example.org. Repeatable. Default: only our own page.")
    private List<String> origins = List.of();

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "64",
            description = "Requests that may wait; further ones are answered with 503. Default: ${DEFAULT-VALUE}.")
    private int queue;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "8",
            description = "Texts that go through the model together at the most. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--per-client",
            paramLabel = "N",
            defaultValue = "16",
            description =
                    "Requests of one address at a time; further ones are answered with 429. Default: ${DEFAULT-VALUE}.")
    private int perClient;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Tokens that a request may have written; 413 beyond. Default: ${DEFAULT-VALUE}.")
    private int maxTokens;

    @Option(
            names = "--max-kib",
            paramLabel = "N",
            defaultValue = "1024",
            description = "KiB that a request may have; 413 beyond. Default: ${DEFAULT-VALUE}.")
    private int maxKib;

    @Option(
            names = "--queue-seconds",
            paramLabel = "S",
            defaultValue = "30",
            description = "How long a request may wait for its turn; 503 beyond. Default: ${DEFAULT-VALUE}.")
    private int queueSeconds;

    @Option(
            names = "--time-limit",
            paramLabel = "S",
            defaultValue = "60",
            description = "How long a request may be computed; 504 beyond. Default: ${DEFAULT-VALUE}.")
    private int timeLimit;

    @Option(
            names = "--grace",
            paramLabel = "S",
            defaultValue = "10",
            description = "How long requests may go on after Ctrl-C. Default: ${DEFAULT-VALUE}.")
    private int grace;

    @Override
    public Integer call() throws Exception {
        ServerSettings settings = settings();
        if (memory.dryRun()) {
            return MemoryOptions.print(engine, this::plan);
        }
        EngineOptions.Planning largest = dryRun -> plan(dryRun).memory();
        return MemoryOptions.run(() -> serve(settings, largest), () -> engine.plan(largest));
    }

    private ServerSettings settings() throws IOException {
        Expected.between("--port", port, 0, 65_535);
        Expected.between("--queue", queue, 1, 100_000);
        Expected.between("--batch", batch, 1, 256);
        Expected.between("--per-client", perClient, 1, 100_000);
        Expected.between("--max-tokens", maxTokens, 1, 1_000_000);
        Expected.between("--max-kib", maxKib, 1, MOST_KIBIBYTES);
        Expected.between("--queue-seconds", queueSeconds, 1, MOST_SECONDS);
        Expected.between("--time-limit", timeLimit, 1, MOST_SECONDS);
        Expected.between("--grace", grace, 0, MOST_SECONDS);
        for (String origin : origins) {
            if (!origin.matches("https?://[^/]+")) {
                throw new InputException(
                        "--allow-origin: found "
                                + origin
                                + ", expected a scheme and a host, such as https://example.org");
            }
        }
        for (String allowed : hosts) {
            if (!allowed.matches("[A-Za-z0-9.-]+")) {
                throw new InputException(
                        "--allow-host: found " + allowed + ", expected a name alone, such as models.example.org");
            }
        }
        if (!name.orElse("x").matches("[^\\p{Cntrl}/]+")) {
            throw new InputException("--name: found " + name.get() + ", expected one word without a slash");
        }
        ServerSettings settings =
                ServerSettings.defaults()
                        .at(host, port)
                        .admitting(key(), new HashSet<>(hosts), new HashSet<>(origins))
                        .withQueue(queue, batch, perClient)
                        .withSizes(Math.multiplyExact(maxKib, 1024), maxTokens)
                        .withTimes(
                                Duration.ofSeconds(queueSeconds),
                                Duration.ofSeconds(timeLimit),
                                Duration.ofSeconds(grace));
        settings.address();
        return settings;
    }

    private Optional<String> key() throws IOException {
        if (keyFile.isEmpty()) {
            return Optional.ofNullable(System.getenv(KEY_VARIABLE)).filter(value -> !value.isEmpty());
        }
        if (Files.isDirectory(keyFile.get())) {
            throw new InputException("--api-key-file: found a folder, " + keyFile.get() + ", expected a file");
        }
        String text = Files.readString(keyFile.get()).strip();
        if (text.isEmpty() || text.lines().count() > 1) {
            throw new InputException(
                    "--api-key-file: found "
                            + text.lines().count()
                            + " lines in "
                            + keyFile.get()
                            + ", expected one with the key");
        }
        if (!ServerSettings.isKey(text)) {
            throw new InputException(
                    "--api-key-file: found " + text.length() + " characters, expected " + ServerSettings.KEY_FORM);
        }
        return Optional.of(text);
    }

    private Plan plan(DryRun dryRun) throws IOException {
        LanguageModel loaded = model.load(dryRun, precision.chosen());
        long weights = dryRun.use().tensors();
        int longest = loaded.config().maxLength();
        if (loaded.config().causal()) {
            List<Prompt> prompts = IntStream.range(0, batch).mapToObj(i -> new Prompt(new int[] {0}, i)).toList();
            new AutoregressiveSampler(loaded).sample(prompts, AutoregressiveSettings.ofLength(longest));
        } else {
            int mask = loaded.config().maskToken();
            List<MaskedSequence> sequences =
                    IntStream.range(0, batch)
                            .mapToObj(i -> MaskedSequence.continuing(new int[0], longest, mask, i))
                            .toList();
            new MaskedSampler(loaded).sample(sequences, SamplerSettings.defaults().withSteps(1));
        }
        String what =
                String.format(
                        Locale.ROOT, "serve up to %,d texts at a time, of at most %,d tokens each", batch, longest);
        return new Plan(what, MemoryEstimate.ofInference(dryRun, weights));
    }

    private int serve(ServerSettings settings, EngineOptions.Planning largest) throws IOException {
        try (Backend backend = engine.open(largest)) {
            LanguageModel language = model.load(backend, precision.chosen());
            String called = name.orElseGet(this::folderName);
            CountDownLatch asked = new CountDownLatch(1);
            try (ModelServer server = ModelServer.start(language, called, settings)) {
                StopSignal.on("finishing what has begun", asked::countDown);
                System.out.println("serving " + Printable.line(called) + " at " + server.address());
                System.out.flush();
                asked.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        return Main.DONE;
    }

    /** The last part of the path: the others are nobody's business. */
    private String folderName() {
        Path last = model.folder().toAbsolutePath().normalize().getFileName();
        return last == null ? "model" : last.toString().replaceFirst("\\.safetensors$", "");
    }
}
