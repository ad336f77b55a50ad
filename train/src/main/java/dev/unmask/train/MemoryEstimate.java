package dev.unmask.train;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.program.MemoryUse;
import dev.unmask.tensor.program.MemoryUse.Limit;
import dev.unmask.train.data.TokenBlocks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The plan of a device's memory: what takes how much of it, and whether there is room.
 *
 * @param parts tensors by what they are for
 * @param use all that was counted
 */
public record MemoryEstimate(List<Part> parts, MemoryUse use) {
    /**
     * Tensors of one kind.
     *
     * @param name what they are
     * @param bytes what they take on the device
     */
    public record Part(String name, long bytes) {}

    /** Takes a copy of the parts. */
    public MemoryEstimate {
        parts = List.copyOf(parts);
    }

    /**
     * Plans training: makes a trainer on the dry run and lets it make a step, which computes nothing.
     *
     * @param dryRun counts; nothing was counted before
     * @param config the model's sizes
     * @param settings the training
     * @param validation the validation beside it, if any
     * @return the plan
     * @throws InputException if the settings do not fit the model
     */
    public static MemoryEstimate ofTraining(
            DryRun dryRun, ModelConfig config, TrainerSettings settings, Optional<Validation.Settings> validation) {
        return ofTraining(dryRun, Initialization.zeros(dryRun, config), settings, validation);
    }

    /**
     * Plans training of a model that a dry run holds: makes a trainer and lets it make a step, which computes nothing.
     *
     * @param dryRun counts; nothing but the model was counted before
     * @param model what is trained
     * @param settings the training
     * @param validation the validation beside it, if any
     * @return the plan; weights that are used where their file is mapped take no memory of their own
     * @throws InputException if the settings do not fit the model
     */
    public static MemoryEstimate ofTraining(
            DryRun dryRun, Transformer model, TrainerSettings settings, Optional<Validation.Settings> validation) {
        return ofTraining(dryRun, model, settings, validation, GradientExchange.NONE, _ -> {});
    }

    /**
     * As above, of a process that may share the run with others, as its exchange is {@link GradientExchange#planned},
     * and may use the model between its steps, as samples over time do.
     */
    static MemoryEstimate ofTraining(
            DryRun dryRun,
            Transformer model,
            TrainerSettings settings,
            Optional<Validation.Settings> validation,
            GradientExchange exchange,
            Consumer<Transformer> between) {
        long weights = dryRun.use().tensors();
        TokenBlocks text = new NoText();
        Trainer trainer = new Trainer(dryRun, model, text, settings.shortest(), Objective.of(model.config()), exchange);
        trainer.next();
        validation.ifPresent(chosen -> new Validation(dryRun, model, text, chosen.shortest()).measure());
        between.accept(trainer.evaluated());
        AdamWOptimizer optimizer = trainer.optimizer();
        long gradients = bytes(dryRun, optimizer.gradients().values());
        long moments =
                bytes(dryRun, optimizer.firstMoments().values()) + bytes(dryRun, optimizer.secondMoments().values());
        long average = trainer.average().map(of -> bytes(dryRun, of.tensors().values())).orElse(0L);
        MemoryUse use = dryRun.use();
        List<Part> parts = new ArrayList<>();
        parts.add(new Part("weights", weights));
        parts.add(new Part("gradients", gradients));
        parts.add(new Part("moments", moments));
        trainer.average().ifPresent(_ -> parts.add(new Part("average", average)));
        parts.add(new Part("inputs", use.tensors() - weights - gradients - moments - average));
        return new MemoryEstimate(parts, use);
    }

    /**
     * Plans the use of a model that a dry run has loaded and run.
     *
     * @param dryRun has counted all
     * @param weights what it had counted when the model was loaded, bytes
     * @return the plan
     */
    public static MemoryEstimate ofInference(DryRun dryRun, long weights) {
        MemoryUse use = dryRun.use();
        return new MemoryEstimate(
                List.of(new Part("weights", weights), new Part("inputs, caches", use.tensors() - weights)), use);
    }

    private static long bytes(DryRun dryRun, Collection<Tensor> tensors) {
        return tensors.stream().mapToLong(dryRun::bytesOf).sum();
    }

    /** Zeros without end. */
    private static final class NoText implements TokenBlocks {
        @Override
        public long blocks(int length) {
            return Long.MAX_VALUE;
        }

        @Override
        public void block(long index, int length, int[] into, int offset) {}
    }

    /**
     * The plan for a person to read.
     *
     * @return a line for each part, the peak, the limits, and whether there is room
     */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        parts.forEach(part -> lines.add(line(part.name(), part.bytes(), "")));
        lines.add(
                line(
                        "activations",
                        use.temporaries(),
                        use.sideBySide() == use.temporaries()
                                ? ""
                                : ByteSize.of(use.sideBySide()) + " if none shared memory"));
        lines.add(line("workspace", use.workspace(), ""));
        lines.add(
                line(
                        "peak",
                        use.peak(),
                        use.sideBySide() == use.temporaries() ? "" : "sum of parts " + ByteSize.of(use.sumOfParts())));
        for (Limit limit : use.limits()) {
            lines.add("at most " + limited(limit));
        }
        lines.add(use.fits() ? "fits" : "does not fit: " + advice());
        return lines;
    }

    private static String line(String name, long bytes, String remark) {
        return String.format(
                Locale.ROOT, "%-15s%12s%s", name, ByteSize.of(bytes), remark.isEmpty() ? "" : "   (" + remark + ")");
    }

    private static String limited(Limit limit) {
        return ByteSize.of(limit.bytes())
                + ": "
                + limit.what()
                + (limit.remedy().isEmpty() ? "" : " (" + limit.remedy() + ")");
    }

    /**
     * What to change where there is no room.
     *
     * @return a sentence that names the sum, the limit that is reached first, the largest part and options
     */
    public String advice() {
        Part largest = new Part("activations", use.temporaries());
        for (Part part : parts) {
            largest = part.bytes() > largest.bytes() ? part : largest;
        }
        Limit limit = use.tightest();
        return "planned are "
                + ByteSize.of(use.peak())
                + ", of which "
                + ByteSize.of(largest.bytes())
                + " for "
                + largest.name()
                + "; there is "
                + limited(limit)
                + ". Use "
                + (largest.name().equals("activations")
                        ? "a smaller batch (--batch, --micro-batch, --count), a shorter --length or"
                                + " --checkpoint-activations"
                        : "a smaller model (--preset)")
                + ", or another device";
    }
}
