package dev.unmask.train.cli;

import dev.unmask.model.ModelFolder;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.parity.Parity;
import dev.unmask.train.parity.Parity.Comparison;
import dev.unmask.train.parity.SamplingParity;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** {@code unmask parity DIR}: compares with recorded outputs of PyTorch. */
@Command(
        description = {
            "Compares this engine with recorded outputs of PyTorch on the same weights.",
            "",
            "DIR holds config.json, model.safetensors, golden.safetensors and, if samplers are to be compared,"
                    + " sampling.json. Of a model of a published family (llama, qwen3, llada, ...) logits are compared;"
                    + " of one of Unmask's own also loss, gradients and training steps. Exits 0 only if everything is"
                    + " within tolerance."
        },
        footer = {"", "Example:", "  unmask parity tests/src/test/resources/golden/mdm-tiny"})
final class ParityCommand implements Callable<Integer> {
    @Mixin private EngineOptions engine;
    @Mixin private MemoryOptions memory;

    @Parameters(paramLabel = "DIR", description = "The folder with the recorded files.")
    private Path folder;

    @Override
    public Integer call() throws IOException {
        if (memory.dryRun()) {
            return MemoryOptions.print(engine, this::plan);
        }
        try (Backend backend = engine.open()) {
            List<Comparison> comparisons = Parity.check(backend, folder);
            boolean passed = true;
            for (Comparison c : comparisons) {
                System.out.printf(
                        Locale.ROOT,
                        "%-52s %9.2e  (at most %.0e)  %s%n",
                        c.what(),
                        c.error(),
                        c.tolerance(),
                        c.passes() ? "ok" : "FAILED");
                passed &= c.passes();
            }
            if (SamplingParity.applies(folder)) {
                for (SamplingParity.CaseResult c : SamplingParity.check(backend, folder)) {
                    System.out.printf(
                            Locale.ROOT,
                            "%-52s %9.2e  (at most %.0e)  %s%n",
                            c.what(),
                            c.error(),
                            c.tolerance(),
                            c.passes() ? "ok" : "FAILED");
                    passed &= c.passes();
                }
            }
            System.out.println(passed ? "parity: passed" : "parity: FAILED");
            return passed ? Main.DONE : Main.FAULT;
        }
    }

    /** Compares on the dry run, whose numbers mean nothing, to see what that takes. */
    private Plan plan(DryRun dryRun) throws IOException {
        int comparisons = Parity.check(dryRun, folder).size();
        boolean sampling = SamplingParity.applies(folder);
        if (sampling) {
            comparisons += SamplingParity.check(dryRun, folder).size();
        }
        return new Plan(
                String.format(
                        Locale.ROOT,
                        "compare %d results with PyTorch's: logits, loss, gradients, three steps of training%s",
                        comparisons,
                        sampling ? ", sampling" : ""),
                MemoryEstimate.ofInference(dryRun, ModelFolder.open(folder).config().parameterCount() * Float.BYTES));
    }
}
