package dev.unmask.serve.engine;

import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.Count;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Prompt;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SamplingListener;
import dev.unmask.sample.SamplingStep;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Jobs that go through the model together. Each comes out as it would alone, but for the rounding of a last bit. */
final class Batch {
    /**
     * Texts whose lengths are rounded up to the same one go together: short ones do not pay for long ones, and each is
     * computed by a program of the length that it has alone.
     */
    private static final int LENGTH_CLASS = 16;

    private Batch() {}

    /**
     * What jobs must have in common.
     *
     * @param settings of the sampler, without a seed where nothing is drawn
     * @param length the class of their lengths
     */
    record Shape(Object settings, int length) {}

    /** The shape of a job; empty: it goes alone. */
    static Optional<Shape> shape(Job<?> job) {
        return switch (job) {
            case Job.Masked masked -> masked(masked);
            case Job.Causal causal ->
                    Optional.of(
                            new Shape(
                                    causal.settings().temperature() == 0
                                            ? causal.settings().withSeed(0)
                                            : causal.settings(),
                                    lengthClass(
                                            causal.prompts().stream().mapToInt(p -> p.ids().length).max().orElseThrow())));
            case Job.Computation<?> alone -> Optional.empty();
        };
    }

    private static Optional<Shape> masked(Job.Masked job) {
        SamplerSettings settings = job.settings();
        if (settings.count() instanceof Count.TimeBudget) {
            return Optional.empty();
        }
        int longest = job.sequences().stream().mapToInt(MaskedSequence::length).max().orElseThrow();
        return Optional.of(
                new Shape(settings.deterministic() ? settings.withSeed(0) : settings, lengthClass(longest)));
    }

    private static int lengthClass(int length) {
        return Math.ceilDiv(length, LENGTH_CLASS);
    }

    /** Sequences of a job. */
    static int size(Job<?> job) {
        return switch (job) {
            case Job.Masked masked -> masked.sequences().size();
            case Job.Causal causal -> causal.prompts().size();
            case Job.Computation<?> alone -> 1;
        };
    }

    /** Carries out jobs of one shape, or one alone. */
    static void run(Workshop workshop, List<Ticket<?>> together) {
        switch (together.getFirst().job()) {
            case Job.Masked first -> {
                List<MaskedSequence> sequences = new ArrayList<>();
                together.forEach(ticket -> sequences.addAll(((Job.Masked) ticket.job()).sequences()));
                share(together, workshop.masked().sample(sequences, first.settings(), new Shared(workshop, together)));
            }
            case Job.Causal first -> {
                AutoregressiveSettings settings = first.settings();
                List<Prompt> prompts = new ArrayList<>();
                together.forEach(ticket -> prompts.addAll(((Job.Causal) ticket.job()).prompts()));
                share(together, workshop.causal().sample(prompts, settings, new Shared(workshop, together)));
            }
            case Job.Computation<?> alone -> compute(workshop, together.getFirst());
        }
    }

    private static <R> void compute(Workshop workshop, Ticket<R> ticket) {
        Job.Computation<R> job = (Job.Computation<R>) ticket.job();
        ticket.done(job.body().apply(() -> ticket.isCancelled() || workshop.abandoned()));
    }

    @SuppressWarnings("unchecked") // Both kinds of job that are batched give samples.
    private static void share(List<Ticket<?>> together, List<Sample> samples) {
        int first = 0;
        for (Ticket<?> ticket : together) {
            int size = size(ticket.job());
            ((Ticket<List<Sample>>) ticket).done(List.copyOf(samples.subList(first, first + size)));
            first += size;
        }
    }

    /** Passes steps on to those whose they are. */
    private static final class Shared implements SamplingListener {
        private final Workshop workshop;
        private final List<Ticket<?>> owners = new ArrayList<>();
        private final List<Integer> numbers = new ArrayList<>();

        Shared(Workshop workshop, List<Ticket<?>> together) {
            this.workshop = workshop;
            for (Ticket<?> ticket : together) {
                for (int i = 0; i < size(ticket.job()); i++) {
                    owners.add(ticket);
                    numbers.add(i);
                }
            }
        }

        @Override
        public void onStep(SamplingStep step) {
            for (int i = 0; i < owners.size(); i++) {
                owners.get(i).step(numbers.get(i), step, step.sequences().get(i));
            }
        }

        @Override
        public boolean cancelled() {
            return workshop.abandoned();
        }

        @Override
        public boolean cancelled(int sequence) {
            return owners.get(sequence).hasLeft(numbers.get(sequence));
        }
    }
}
