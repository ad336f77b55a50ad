package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.BackendProvider.Availability.Available;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.Trainer;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Weights, gradients, moments, activations and logits stay on the device, by the count of TornadoVM's own profiler; on
 * CUDA, whose stream is told directly, it carries nothing and after a few runs launches nothing.
 */
class TransfersTest {
    private static final String PROFILER = "tornado.profiler";
    private static final String GRAPHS_AFTER = "unmask.tornado.graphs.after";

    /** The count of a task graph; those of its tasks stand deeper. */
    private static final Pattern COUNT = Pattern.compile("(?m)^ {8}\"TOTAL_COPY_(IN|OUT)_SIZE_BYTES\": \"(\\d+)\"");

    /** The head of a task graph, which has no count where it carried nothing. */
    private static final Pattern GRAPH = Pattern.compile("(?m)^ {4}\"[a-z0-9]+\": \\{$");

    /** TornadoVM carries whole arrays, so that a number costs as much as the 4096 that such an array holds. */
    private static final long TRANSFER = 16 << 10;

    /** Bytes that it carries beside the elements of an array. */
    private static final long HEADER = 16;

    private static final int SAMPLING_STEPS = 6;

    /** Arrays to the device in a training step, and from it. */
    private static final int TRAINING_PUTS = 10;

    private static final int TRAINING_GETS = 5;

    /** Runs after which the kernels of a program are a CUDA graph, where there are such. */
    private static final int WARM_UP = 3;

    private BackendProvider tornado;

    /** Bytes to and from the device, and the task graphs that were run. */
    private record Traffic(long in, long out, long graphs) {
        /** So many arrays to the device, each with a request and a receipt, and from it, each with a request. */
        static Traffic of(int puts, int gets, long kernels) {
            long carried = HEADER + TRANSFER;
            long request = HEADER + 3 * Integer.BYTES;
            long receipt = HEADER + Integer.BYTES;
            return new Traffic(
                    puts * (request + carried) + gets * request,
                    puts * receipt + gets * carried,
                    kernels + puts + gets);
        }

        static Traffic during(Runnable work) {
            PrintStream before = System.out;
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
            System.setProperty(PROFILER, "True");
            try {
                work.run();
            } finally {
                System.clearProperty(PROFILER);
                System.setOut(before);
            }
            return of(said.toString(StandardCharsets.UTF_8));
        }

        private static Traffic of(String profile) {
            long in = 0;
            long out = 0;
            for (Matcher count = COUNT.matcher(profile); count.find(); ) {
                long bytes = Long.parseLong(count.group(2));
                in += count.group(1).equals("IN") ? bytes : 0;
                out += count.group(1).equals("OUT") ? bytes : 0;
            }
            return new Traffic(in, out, GRAPH.matcher(profile).results().count());
        }
    }

    @BeforeEach
    void findTornado() {
        Optional<BackendProvider> found =
                Backends.providers().stream()
                        .filter(provider -> provider.name().equals("tornado"))
                        .filter(provider -> provider.probe() instanceof Available)
                        .findFirst();
        Assumptions.assumeTrue(found.isPresent(), "there is no tornado backend");
        tornado = found.orElseThrow();
    }

    @Test
    void aTrainingStepCarriesTheSameFewBytesHoweverLargeTheModel() {
        Traffic small = ofTrainingStep(32);
        Traffic large = ofTrainingStep(160);
        System.out.println("a training step: " + large);
        assertEquals(small, large);
        assertTransfers(large, TRAINING_PUTS, TRAINING_GETS, 83);
    }

    @Test
    void aTrainingStepCarriesTheSameInAFifthOfTheTaskGraphs() {
        Assumptions.assumeFalse(isDirect(), "CUDA graphs take the place of task graphs of many kernels");
        Traffic apart = ofTrainingStep(32, 8);
        Traffic together;
        System.setProperty(GRAPHS_AFTER, "1");
        try {
            together = ofTrainingStep(32, 8);
        } finally {
            System.clearProperty(GRAPHS_AFTER);
        }
        System.out.println("a training step of eight layers: " + apart + ", after many runs: " + together);
        assertEquals(apart.in, together.in);
        assertEquals(apart.out, together.out);
        // What is carried takes a graph each, in both.
        int carried = TRAINING_PUTS + TRAINING_GETS;
        assertTrue((together.graphs - carried) * 5 < apart.graphs - carried, together + " and " + apart);
    }

    private Traffic ofTrainingStep(int width) {
        return ofTrainingStep(width, 2);
    }

    private Traffic ofTrainingStep(int width, int layers) {
        try (Backend backend = BackendsUnderTest.open(tornado)) {
            ModelConfig config = ModelConfig.masked(layers, 2, width, 3 * width, SmallRun.VOCABULARY);
            Trainer trainer =
                    SmallRun.trainer(backend, Initialization.of(backend, config, 1), SmallRun.settings(4, 4, 4, 19, 0));
            for (int run = 0; run < WARM_UP; run++) {
                trainer.next();
            }
            return Traffic.during(trainer::next);
        }
    }

    @Test
    void samplingCarriesTheSameFewBytesHoweverLargeTheVocabulary() {
        Traffic small = ofSampling(30);
        Traffic large = ofSampling(3000);
        System.out.println("a sample in six steps: " + large);
        assertEquals(small, large);
        assertTransfers(large, 8 * SAMPLING_STEPS, 3 * SAMPLING_STEPS, 26 * SAMPLING_STEPS);
    }

    private Traffic ofSampling(int vocabulary) {
        try (Backend backend = BackendsUnderTest.open(tornado)) {
            Transformer model = RandomModel.masked(backend, vocabulary);
            MaskedSampler sampler = new MaskedSampler(backend, model);
            List<MaskedSequence> blanks = List.of(MaskedSequence.continuing(new int[] {3, 14}, 24, vocabulary, 0));
            SamplerSettings settings = SamplerSettings.defaults().withSteps(SAMPLING_STEPS);
            for (int run = 0; run < WARM_UP; run++) {
                sampler.sample(blanks, settings);
            }
            return Traffic.during(() -> sampler.sample(blanks, settings));
        }
    }

    /** Whether CUDA's stream is told what to carry and to launch, past TornadoVM. */
    private boolean isDirect() {
        try (Backend backend = BackendsUnderTest.open(tornado)) {
            return backend.description().contains("CUDA graphs");
        }
    }

    private void assertTransfers(Traffic traffic, int puts, int gets, int mostKernels) {
        if (isDirect()) {
            assertEquals(new Traffic(0, 0, 0), traffic);
            return;
        }
        long kernels = traffic.graphs - puts - gets;
        assertEquals(Traffic.of(puts, gets, kernels), traffic);
        assertTrue(kernels <= mostKernels, traffic.toString());
    }
}
