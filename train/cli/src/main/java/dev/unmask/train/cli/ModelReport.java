package dev.unmask.train.cli;

import dev.unmask.model.Initialization;
import dev.unmask.model.Int8Weights;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.ParameterSpec;
import dev.unmask.model.json.StrictJson;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.TokenRoles;
import dev.unmask.model.Transformer;
import dev.unmask.model.WeightFiles;
import dev.unmask.model.Weights;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.UnmaskException;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/** What {@code unmask inspect} says of a model: family, sizes, tokens, files, and the memory to run it. */
final class ModelReport {
    /** Positions of the pass whose memory is told, unless the model has fewer. */
    private static final int LENGTH = 2048;

    /** Bytes of weights that are read whole; of more, what the headers say is told at once. */
    private static final long MOST_READ = 1L << 30;

    private final ModelFolder folder;
    private final ModelConfig config;
    private final List<String> lines = new ArrayList<>();
    private final List<String> faults = new ArrayList<>();
    private final List<String> unusable = new ArrayList<>();

    private ModelReport(ModelFolder folder) {
        this.folder = folder;
        this.config = folder.config();
    }

    static ModelReport of(ModelFolder folder) throws IOException {
        ModelReport report = new ModelReport(folder);
        WeightFiles files = WeightFiles.open(folder.weights());
        report.lines.add("family: " + folder.family().map(family -> family.name()).orElse("Unmask's own"));
        for (ModelFolder.AdapterFolder adapter : folder.adapters()) {
            report.lines.add("adapters: " + adapter.folder() + ", added to " + folder.location());
        }
        report.config();
        report.tokens(folder.tokens());
        report.tokenizer();
        report.files(files);
        report.match(files);
        report.numbers(files);
        report.memory(files);
        return report;
    }

    /** Opens it as whoever uses the model would. */
    private void tokenizer() {
        if (folder.tokenizer().isEmpty()) {
            lines.add("tokenizer: none; texts need one, which --tokenizer names");
            return;
        }
        Path file = folder.tokenizer().get();
        try {
            TextTokenizer tokenizer = TextTokenizer.load(file);
            lines.add(String.format(Locale.ROOT, "tokenizer: %s, %,d tokens", file, tokenizer.vocabulary()));
            if (tokenizer.vocabulary() > config.vocabulary()) {
                unusable.add(
                        String.format(
                                Locale.ROOT,
                                "%s: found %,d tokens, expected at most the %,d of the model's vocabulary; use the"
                                        + " tokenizer that it was trained with",
                                file,
                                tokenizer.vocabulary(),
                                config.vocabulary()));
            }
        } catch (IOException | UnmaskException e) {
            lines.add("tokenizer: " + file + ", which cannot be read");
            unusable.add(e.getMessage());
        }
    }

    /** Looks for numbers that are none, as whoever loads the model would. */
    private void numbers(WeightFiles files) {
        long bytes = files.tensors().stream().mapToLong(tensor -> tensor.data().byteSize()).sum();
        if (bytes > MOST_READ) {
            lines.add("more than " + ByteSize.of(MOST_READ) + ": whether all numbers are finite, --verify of eval tells");
            return;
        }
        try {
            files.tensors().forEach(tensor -> Weights.refuseNonFinite(files.fileOf(tensor.name()), tensor));
            lines.add("every number is finite");
        } catch (InputException e) {
            lines.add("not every number is finite");
            unusable.add(e.getMessage());
        }
    }

    /** What to print. */
    List<String> lines() {
        return lines;
    }

    /**
     * Refuses a model that cannot be loaded as its files are.
     *
     * @throws InputException if tensors are missing, too many, or of another shape or type, if a number in them is none,
     *     or if the tokenizer is damaged or another model's
     */
    void refuseUnusable() {
        if (!faults.isEmpty()) {
            throw new InputException(
                    folder.weights()
                            + ": found tensors that are not those of the model, "
                            + String.join(", ", faults)
                            + ", expected every parameter and no more: it cannot be run; is config.json that of these"
                            + " weights, and are the files complete?");
        }
        if (!unusable.isEmpty()) {
            throw new InputException(String.join("; ", unusable));
        }
    }

    private void config() {
        lines.add(StrictJson.print(config).stripTrailing());
        lines.add(size(config));
    }

    /** One line: what kind of model it is and how many parameters it has. */
    static String size(ModelConfig config) {
        return String.format(
                Locale.ROOT,
                "%s; %,d parameters, %,d without embedding and head",
                config.causal() ? "autoregressive" : "masked diffusion",
                config.parameterCount(),
                config.nonEmbeddingCount());
    }

    private void tokens(TokenRoles roles) {
        List<String> named = new ArrayList<>();
        add(named, "mask", roles.mask());
        add(named, "begin", roles.begin());
        roles.ends().forEach(id -> named.add("end " + id));
        add(named, "end of turn", roles.endOfTurn());
        add(named, "padding", roles.padding());
        lines.add("tokens: " + (named.isEmpty() ? "none has a role" : String.join(", ", named)));
    }

    private static void add(List<String> named, String role, OptionalInt id) {
        id.ifPresent(token -> named.add(role + " " + token));
    }

    private void files(WeightFiles files) {
        Map<StoredType, long[]> types = new EnumMap<>(StoredType.class);
        for (StoredTensor tensor : files.tensors()) {
            long[] sums = types.computeIfAbsent(tensor.type(), type -> new long[2]);
            sums[0]++;
            sums[1] += tensor.data().byteSize();
        }
        lines.add(
                "weights: "
                        + files.source()
                        + (files.files().size() > 1 ? ", " + files.files().size() + " files" : ""));
        types.forEach((type, sums) ->
                lines.add(
                        String.format(
                                Locale.ROOT, "  %-5s %,d tensors, %,d bytes", type, sums[0], sums[1])));
    }

    private void match(WeightFiles files) {
        Weights.Match match = Weights.match(config, files, folder.family());
        fault("missing", match.missing());
        fault("left over", match.leftOver());
        fault("unfit", match.unfit());
        list("passed over", match.passedOver());
        if (faults.isEmpty()) {
            lines.add("every parameter is there");
        }
    }

    private void fault(String what, List<String> names) {
        list(what, names);
        if (!names.isEmpty()) {
            faults.add(names.size() + " " + what);
        }
    }

    private void list(String what, List<String> names) {
        if (!names.isEmpty()) {
            lines.add(what + ": " + names.size());
            names.forEach(name -> lines.add("  " + name));
        }
    }

    private void memory(WeightFiles files) {
        Map<String, StoredTensor> found = Weights.match(config, files, folder.family()).found();
        long mapped = 0;
        long converted = 0;
        for (ParameterSpec spec : config.parameters()) {
            StoredTensor tensor = found.get(spec.name());
            if (tensor == null) {
                continue;
            }
            boolean asStored =
                    tensor.type() == StoredType.F32
                            || tensor.type() == StoredType.I8
                            || tensor.type() == StoredType.BF16 && spec.shape().rank() > 1;
            if (asStored) {
                mapped += tensor.data().byteSize();
                StoredTensor scales = found.get(Int8Weights.scalesOf(spec.name()));
                mapped += scales == null ? 0 : scales.data().byteSize();
            } else {
                converted += spec.shape().elements() * Float.BYTES;
            }
        }
        int length = Math.min(LENGTH, config.maxLength());
        lines.add(
                "memory to run: weights "
                        + ByteSize.of(mapped + converted)
                        + (converted > mapped ? ", converted to float32" : ", mapped from the files")
                        + "; activations "
                        + ByteSize.of(activations(length))
                        + " for one sequence of "
                        + length
                        + " tokens");
    }

    /** What a pass over a sequence takes on the CPU, with the logits of all its tokens. */
    private long activations(int length) {
        DryRun dry =
                Backends.providers().stream()
                        .filter(provider -> provider.name().equals("vector"))
                        .findFirst()
                        .orElseThrow()
                        .dryRun(BackendOptions.defaults());
        Transformer model = Initialization.zeros(dry, config);
        TokenBatch input = TokenBatch.allocate(dry, config, 1, length);
        dry.record(recorder -> {
            Ops ops = Ops.inference(recorder, Precision.F32);
            model.logits(ops, model.hidden(ops, input));
        });
        return dry.use().temporaries();
    }
}
