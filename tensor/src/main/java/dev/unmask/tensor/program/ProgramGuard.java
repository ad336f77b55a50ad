package dev.unmask.tensor.program;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.Tensor.Origin;
import dev.unmask.tensor.Turns;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Kernel;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What stands between a program and memory that is not its own; every backend puts one around each program.
 *
 * <p>When a program is compiled, operands of another backend, temporaries of another recording and results in memory
 * that must only be read are refused. Before each run, the integers that kernels take as {@link Indices} are compared
 * with what they index. As a tensor notes the range of its integers when they are uploaded, that costs two comparisons
 * an operand; only where that range is too wide, because of entries that are not live, is every live one looked at.
 */
public final class ProgramGuard {
    private final Turns turns;
    private final String name;
    private final List<Check> checks = new ArrayList<>();
    private final List<Tensor> written;

    /**
     * Where the integers of a tensor come from, at some place in the program.
     *
     * @param tensor they are, or are among, those that this tensor holds when the program starts
     * @param below they are, or are among, numbers from 0 to below this that the program writes
     */
    private record Source(Optional<Tensor> tensor, int below) {}

    /** What must hold when the program starts. */
    private record Check(Kernel kernel, Indices indices, Tensor source, Optional<Tensor> count) {
        void require() {
            if (!source.isBelow(indices.end())) {
                requireLive(source.ints());
            }
        }

        private void requireLive(int[] values) {
            int from = indices.limit().first();
            int live = count.map(c -> indices.limit().live(c.ints()[0], indices.rows())).orElse(indices.rows());
            for (int i = from; i < from + live; i++) {
                if (values[i] < 0 || values[i] >= indices.end()) {
                    throw new IllegalArgumentException(
                            nameOf(kernel)
                                    + ": "
                                    + source
                                    + ": found "
                                    + values[i]
                                    + " at "
                                    + i
                                    + ", expected 0 to "
                                    + (indices.end() - 1)
                                    + ": these are "
                                    + indices.of());
                }
            }
        }
    }

    /**
     * The guard of a program.
     *
     * @param recording its kernels and temporaries
     * @param turns who may use the backend that compiles it
     * @throws IllegalArgumentException if an operand is of another backend or a temporary of another recording, a
     *     result lies in memory that must only be read, or what indexes something is written by the program itself in a
     *     way that its range is not known
     */
    public ProgramGuard(Recording recording, Turns turns) {
        this.turns = turns;
        this.name = "run of a program of " + recording.kernels().size() + " kernels";
        Set<Tensor> temporaries = Collections.newSetFromMap(new IdentityHashMap<>());
        temporaries.addAll(recording.temporaries());
        Map<Tensor, Optional<Source>> sources = new IdentityHashMap<>();
        Set<Tensor> results = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Kernel kernel : recording.kernels()) {
            kernel.inputs().forEach(operand -> requireOwn(kernel, operand, temporaries));
            for (Tensor output : kernel.outputs()) {
                requireOwn(kernel, output, temporaries);
                requireWritable(kernel, output);
                if (output.dtype() == DType.I32 && !temporaries.contains(output)) {
                    results.add(output);
                }
            }
            kernel.indices().forEach(indices -> guard(kernel, indices, sources));
            follow(kernel, sources);
        }
        this.written = List.copyOf(results);
    }

    private void requireOwn(Kernel kernel, Tensor operand, Set<Tensor> temporaries) {
        if (!operand.isOf(turns)) {
            throw new IllegalArgumentException(
                    nameOf(kernel)
                            + ": "
                            + operand
                            + " was made by another backend; operands of a program belong to the one that compiles it");
        }
        if (operand.origin() == Origin.DECLARED && !temporaries.contains(operand)) {
            throw new IllegalArgumentException(
                    nameOf(kernel)
                            + ": "
                            + operand
                            + " is a temporary of another recording; declare it with the recorder that uses it");
        }
    }

    private static void requireWritable(Kernel kernel, Tensor output) {
        if (output.origin() == Origin.WRAPPED) {
            throw new IllegalArgumentException(
                    nameOf(kernel)
                            + " would write to "
                            + output
                            + ", which wraps memory that must only be read, such as a model's file that was opened to"
                            + " be read; allocate a tensor for the result, or load the model to be trained");
        }
    }

    /** The integers of a tensor at this place of the program; empty if nothing is known of them. */
    private static Optional<Source> sourceOf(Tensor tensor, Map<Tensor, Optional<Source>> sources) {
        return sources.computeIfAbsent(
                tensor,
                fresh ->
                        fresh.origin() == Origin.DECLARED
                                ? Optional.empty()
                                : Optional.of(new Source(Optional.of(fresh), 0)));
    }

    private void guard(Kernel kernel, Indices indices, Map<Tensor, Optional<Source>> sources) {
        Optional<Source> source = sourceOf(indices.tensor(), sources);
        if (source.isEmpty() || source.get().below() > indices.end()) {
            throw new IllegalArgumentException(
                    nameOf(kernel)
                            + ": "
                            + indices.tensor()
                            + " is written by the same program, which may leave "
                            + source.map(s -> "numbers up to " + (s.below() - 1)).orElse("any number")
                            + " there; expected 0 to "
                            + (indices.end() - 1)
                            + ", "
                            + indices.of());
        }
        Optional<Tensor> count =
                indices.limit()
                        .count()
                        .flatMap(c -> sourceOf(c, sources))
                        .filter(s -> s.below() == 0)
                        .flatMap(Source::tensor);
        source.get().tensor().ifPresent(tensor -> checks.add(new Check(kernel, indices, tensor, count)));
    }

    /** Notes what a kernel does to integers. */
    private static void follow(Kernel kernel, Map<Tensor, Optional<Source>> sources) {
        switch (kernel) {
            case Copy copy when copy.source().dtype() == DType.I32 ->
                    sources.put(copy.target(), sourceOf(copy.source(), sources));
            case Choose choose -> {
                int vocabulary = choose.logits().shape().columns();
                boolean all =
                        choose.limit().count().isEmpty()
                                && choose.logits().shape().rows() == choose.tokens().shape().elements();
                Optional<Source> before =
                        all ? Optional.of(new Source(Optional.empty(), 0)) : sourceOf(choose.tokens(), sources);
                sources.put(
                        choose.tokens(),
                        before.map(source -> new Source(source.tensor(), Math.max(source.below(), vocabulary))));
            }
            default ->
                    kernel.outputs().stream()
                            .filter(output -> output.dtype() == DType.I32)
                            .forEach(output -> sources.put(output, Optional.empty()));
        }
    }

    private static String nameOf(Kernel kernel) {
        return kernel.getClass().getSimpleName();
    }

    /**
     * Runs the program.
     *
     * @param replay runs its kernels
     * @throws IllegalArgumentException if an integer lies outside of what it indexes; no kernel has run
     * @throws IllegalStateException if the backend is closed, or in use by another thread
     */
    public void run(Runnable replay) {
        turns.begin(name, "");
        try {
            for (Check check : checks) {
                check.require();
            }
            try {
                replay.run();
            } finally {
                written.forEach(Tensor::written);
            }
        } finally {
            turns.end();
        }
    }
}
