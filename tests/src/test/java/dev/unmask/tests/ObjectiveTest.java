package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.GradientExchange;
import dev.unmask.train.LossBatch;
import dev.unmask.train.Objective;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Objectives that an app brings along, and steps that are cut up in different ways. */
class ObjectiveTest {
    private static final int BATCH = 8;
    private static final int LENGTH = Lines.LENGTH - 1;
    private static final int STEPS = 3;

    /** Remembers what its sequences were made of. */
    private record Watched(Objective objective, List<String> prepared) implements Objective {
        @Override
        public int blockLength(int length) {
            return objective.blockLength(length);
        }

        @Override
        public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
            String tokens = Arrays.toString(sequence.tokens());
            prepared.add(sequence.draw() + " " + sequence.block() + " " + sequence.length() + " " + divisor + tokens);
            objective.prepare(sequence, divisor, into);
        }
    }

    /** What some steps came to. */
    private record Outcome(List<Double> losses, List<Long> tokens, List<String> prepared) {}

    private static Outcome train(boolean causal, int microBatch, GradientExchange exchange) {
        try (Backend backend = SmallRun.cpu(1)) {
            Transformer model = SmallRun.model(backend, causal);
            TrainerSettings settings = SmallRun.settings(STEPS, BATCH, microBatch, LENGTH, 0.5);
            Watched watched = new Watched(Objective.of(model.config()), new ArrayList<>());
            Trainer trainer = new Trainer(backend, model, new Lines(), settings, watched, exchange);
            List<StepMetrics> steps = new ArrayList<>();
            for (int step = 0; step < STEPS; step++) {
                steps.add(trainer.next());
            }
            return new Outcome(
                    steps.stream().map(StepMetrics::loss).toList(),
                    steps.stream().map(StepMetrics::tokens).toList(),
                    watched.prepared);
        }
    }

    private static void assertClose(List<Double> expected, List<Double> found) {
        assertArrayEquals(doubles(expected), doubles(found), 1e-5);
    }

    private static double[] doubles(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aStepIsTheSameHoweverItIsCutIntoMicroBatches(boolean causal) {
        Outcome whole = train(causal, BATCH, GradientExchange.NONE);
        for (int microBatch : new int[] {4, 2, 1}) {
            Outcome cut = train(causal, microBatch, GradientExchange.NONE);
            assertEquals(whole.prepared, cut.prepared);
            assertEquals(whole.tokens, cut.tokens);
            assertClose(whole.losses, cut.losses);
        }
    }

    /** Processes, here threads, that add up what each has. */
    private static final class Processes {
        private final CyclicBarrier barrier;
        private final List<Map<String, Tensor>> gradients;
        private final double[] numbers;

        Processes(int count) {
            barrier = new CyclicBarrier(count);
            gradients = new ArrayList<>(Collections.nCopies(count, Map.of()));
            numbers = new double[count];
        }

        private void waitForAll() {
            try {
                barrier.await();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        GradientExchange exchange(int rank) {
            return new GradientExchange() {
                @Override
                public int rank() {
                    return rank;
                }

                @Override
                public int ranks() {
                    return numbers.length;
                }

                @Override
                public void sum(Map<String, Tensor> own) {
                    gradients.set(rank, own);
                    waitForAll();
                    Map<String, float[]> sums = new LinkedHashMap<>();
                    own.keySet().forEach(name -> sums.put(name, sumOf(name)));
                    waitForAll();
                    sums.forEach((name, sum) -> own.get(name).set(sum));
                }

                @Override
                public double sum(double value) {
                    numbers[rank] = value;
                    waitForAll();
                    double sum = Arrays.stream(numbers).sum();
                    waitForAll();
                    return sum;
                }
            };
        }

        private synchronized float[] sumOf(String name) {
            float[] sum = gradients.getFirst().get(name).floats();
            for (Map<String, Tensor> other : gradients.subList(1, gradients.size())) {
                float[] more = other.get(name).floats();
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += more[i];
                }
            }
            return sum;
        }
    }

    @Test
    void aStepIsTheSameHoweverManyProcessesShareIt() throws Exception {
        Outcome alone = train(false, BATCH, GradientExchange.NONE);
        Processes processes = new Processes(2);
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<Outcome>> outcomes = new ArrayList<>();
            for (int rank = 0; rank < 2; rank++) {
                GradientExchange exchange = processes.exchange(rank);
                outcomes.add(threads.submit(() -> train(false, 2, exchange)));
            }
            List<String> prepared = new ArrayList<>();
            for (Future<Outcome> outcome : outcomes) {
                assertClose(alone.losses, outcome.get().losses);
                assertEquals(alone.tokens, outcome.get().tokens);
                prepared.addAll(outcome.get().prepared);
            }
            assertEquals(alone.prepared.stream().sorted().toList(), prepared.stream().sorted().toList());
        }
    }

    @Test
    void processesThatCannotShareTheMicroBatchesEvenlyAreRefused() {
        GradientExchange second = new Processes(3).exchange(1);
        assertThrows(IllegalArgumentException.class, () -> train(false, 2, second));
    }

    /** Block diffusion (METHOD §8.2): each block is denoised given the clean blocks before it, all in one pass. */
    private record BlockDiffusion(int maskToken, int block) implements Objective {
        @Override
        public int inputLength(int length) {
            return 2 * length;
        }

        @Override
        public boolean saysWhoSeesWhom() {
            return true;
        }

        @Override
        public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
            int length = sequence.length();
            for (int i = 0; i < length; i++) {
                int first = i / block * block;
                Draw draw = sequence.draw();
                long number = (long) draw.sequence() << 24;
                double p = Philox.uniform53(draw.seed(), Purpose.NOISE_LEVEL, draw.step(), number + first);
                boolean masked = Philox.uniform24(draw.seed(), Purpose.MASK, draw.step(), number + i) < p;
                into.token(i, masked ? maskToken : sequence.tokens()[i]);
                into.token(length + i, sequence.tokens()[i]);
                into.position(length + i, i);
                into.see(i, first, Math.min(block, length - first), length, first);
                into.see(length + i, length, Math.min(first + block, length), 0, 0);
                if (masked) {
                    into.count(i, sequence.tokens()[i], 1 / (p * divisor * length));
                }
            }
        }
    }

    @Test
    void anAppTrainsByBlockDiffusion() {
        try (Backend backend = SmallRun.cpu(1)) {
            Transformer model = SmallRun.model(backend, false);
            Objective objective = new BlockDiffusion(model.config().maskToken(), 4);
            TrainerSettings settings = SmallRun.settings(40, BATCH, 4, LENGTH, 0);
            Trainer trainer = new Trainer(backend, model, new Lines(), settings, objective, GradientExchange.NONE);
            double first = 0;
            double last = 0;
            for (int step = 0; step < 40; step++) {
                double loss = trainer.next().loss();
                first += step < 10 ? loss : 0;
                last += step >= 30 ? loss : 0;
            }
            assertTrue(last < 0.8 * first, first + " became " + last);
        }
    }

    /** Learns what follows a prompt, as a mean over the answers' tokens of the whole step. */
    private record Answers(int prompt) implements Objective {
        @Override
        public int blockLength(int length) {
            return length + 1;
        }

        @Override
        public double divisor(List<Sequence> step) {
            return step.stream().mapToInt(sequence -> sequence.length() - prompt).sum();
        }

        @Override
        public void prepare(Sequence sequence, double divisor, LossBatch.Place into) {
            for (int i = 0; i < sequence.length(); i++) {
                into.token(i, sequence.tokens()[i]);
                if (i >= prompt) {
                    into.count(i, sequence.tokens()[i + 1], 1 / divisor);
                }
            }
        }
    }

    @Test
    void anUntrainedModelLosesAboutTheLogarithmOfTheVocabularyOnEachTokenOfAnAnswer() {
        for (int microBatch : new int[] {BATCH, 2}) {
            try (Backend backend = SmallRun.cpu(1)) {
                Transformer model = SmallRun.model(backend, true);
                TrainerSettings settings = SmallRun.settings(1, BATCH, microBatch, LENGTH, 0);
                Trainer trainer =
                        new Trainer(
                                backend, model, new Lines(), settings, new Answers(LENGTH / 2), GradientExchange.NONE);
                assertEquals(Math.log(SmallRun.VOCABULARY), trainer.next().loss(), 0.3);
            }
        }
    }
}
