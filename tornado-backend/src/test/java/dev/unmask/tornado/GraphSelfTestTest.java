package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A task graph of many kernels that computes something else than its kernels do one by one is not used. */
class GraphSelfTestTest {
    private static final int CALLS = 20;

    private final List<String> warnings = new ArrayList<>();

    @AfterEach
    void clear() {
        System.clearProperty(GraphOptions.AFTER);
    }

    /** A segment of a call of every device kernel. */
    private static Segment ofAll(int firstTurn) {
        List<Launch> launches = new ArrayList<>();
        for (Entry entry : Entry.values()) {
            launches.add(new Launch(entry, 1, 1));
        }
        return new Segment(launches, firstTurn);
    }

    private List<Segment> sound(PlainDevice device, Segment segment) {
        try (DeviceMemory memory = new DeviceMemory(device)) {
            return new GraphSelfTest(memory, warnings::add).sound(List.of(segment));
        }
    }

    private static void doNothing(KernelContext k, Banks memory, IntArray words) {
        Arguments.row(k, words);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aGraphThatComputesWhatItsKernelsDoIsUsed(int firstTurn) {
        Segment all = ofAll(firstTurn);
        assertEquals(List.of(all), sound(new PlainDevice(), all));
        assertEquals(List.of(), warnings);
    }

    @ParameterizedTest
    @EnumSource(Entry.class)
    void aKernelThatWritesNothingInTheGraphIsFoundOut(Entry entry) {
        Segment all = ofAll(0);
        PlainDevice device = new PlainDevice().withInGraphs(entry, GraphSelfTestTest::doNothing);
        assertEquals(all.apart(), sound(device, all));
        assertEquals(
                List.of(
                        "host 0:0: a task graph of "
                                + Entry.values().length
                                + " kernels does not compute what they do one by one; they run one by one"),
                warnings);
    }

    @Test
    void aGraphIsTestedOnce() {
        Segment all = ofAll(0);
        PlainDevice device = new PlainDevice();
        try (DeviceMemory memory = new DeviceMemory(device)) {
            GraphSelfTest test = new GraphSelfTest(memory, warnings::add);
            assertEquals(List.of(all, all), test.sound(List.of(all, all)));
            assertEquals(List.of(all), test.sound(List.of(all)));
        }
        assertEquals(List.of(Entry.values().length, 1), device.graphs());
    }

    @Test
    void theCallsOfAWrongGraphRunOneByOne() {
        System.setProperty(GraphOptions.AFTER, "1");
        PlainDevice device =
                new PlainDevice()
                        .withInGraphs(
                                Entry.ADD,
                                (k, memory, words) -> {
                                    Floats out = memory.at(words, words.get(Arguments.turn(k)), 3);
                                    ElementKernels.add(k, memory, words);
                                    if (k.globalIdx == 2) {
                                        out.set(2, Math.nextUp(out.get(2)));
                                    }
                                });
        try (Backend backend = new TornadoBackend(device, warnings::add)) {
            Tensor sum = backend.allocate("sum", DType.F32, Shape.of(3));
            Tensor one = backend.allocate("one", DType.F32, Shape.of(3));
            one.set(1f, 2f, 3f);
            Program program = backend.record(r -> Collections.nCopies(CALLS, new Add(sum, one, sum)).forEach(r::add));
            for (int run = 0; run < 3; run++) {
                program.run();
            }
            assertArrayEquals(new float[] {3 * CALLS, 6 * CALLS, 9 * CALLS}, sum.floats());
            assertEquals(CALLS, device.graphs().getLast());
            assertEquals(1, warnings.size());
        }
    }
}
