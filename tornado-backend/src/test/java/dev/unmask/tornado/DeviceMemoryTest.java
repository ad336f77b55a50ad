package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.MemoryUse;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

class DeviceMemoryTest {
    private static final long MIB = 1 << 20;

    @AfterEach
    void clear() {
        System.clearProperty("tornado.device.memory");
    }

    @Test
    void tensorsKeepWhatTheyHoldWhenTheMemoryGrows() {
        try (TornadoBackend backend = new TornadoBackend(new PlainDevice())) {
            Tensor small = backend.allocate("small", DType.F32, Shape.of(3));
            Tensor ids = backend.allocate("ids", DType.I32, Shape.of(2));
            small.set(1f, 2f, 3f);
            ids.set(4, 5);
            Tensor large = backend.allocate("large", DType.F32, Shape.of(3, DeviceMemory.INITIAL_FLOATS));
            Tensor words = backend.allocate("words", DType.I32, Shape.of(3, DeviceMemory.INITIAL_WORDS));
            assertArrayEquals(new float[] {1, 2, 3}, small.floats());
            assertArrayEquals(new int[] {4, 5}, ids.ints());
            assertEquals(0, large.floats()[3 * DeviceMemory.INITIAL_FLOATS - 1]);
            assertEquals(0, words.ints()[3 * DeviceMemory.INITIAL_WORDS - 1]);
        }
    }

    @Test
    void whereThereIsNoRoomTheTensorTheSumAndTheLimitAreNamed() {
        try (TornadoBackend backend = new TornadoBackend(new PlainDevice("0:0", 256 * MIB))) {
            Tensor first = backend.allocate("first", DType.F32, Shape.of(64, 1 << 18));
            String said =
                    assertThrows(
                                    OutOfDeviceMemoryException.class,
                                    () -> backend.allocate("weights of a layer", DType.F32, Shape.of(65, 1 << 18)))
                            .getMessage();
            assertEquals(
                    "no room on host 0:0 for weights of a layer F32[65, 262144], 65.0 MiB: with the 64.0 MiB in use and"
                            + " 129.0 MiB besides that makes 258.0 MiB, and the memory of host 0:0 is 256.0 MiB; its"
                            + " memory is 256.0 MiB",
                    said);
            first.set(new float[64 << 18]);
        }
    }

    @Test
    void aTensorLongerThanAnyArrayOfTornadoVmIsRefusedByName() {
        WeightlessDevice device = new WeightlessDevice();
        try (TornadoBackend backend = new TornadoBackend(device)) {
            String said = refusal(backend, Shape.of(1 << 16, 1 << 15));
            assertEquals(
                    "head.weight F32[65536, 32768] takes 2147483648 words of 32 bits, 8.0 GiB; an array of TornadoVM"
                            + " has at most 2147483568, 8.0 GiB",
                    said);
            assertEquals(1, device.plans());
        }
    }

    @Test
    void tensorsThatAreTogetherLongerThanAnyArrayLieInSeveral() {
        System.setProperty("tornado.device.memory", "1TB");
        WeightlessDevice device = new WeightlessDevice();
        try (TornadoBackend backend = new TornadoBackend(device)) {
            TornadoTensor first = (TornadoTensor) backend.allocate("first", DType.F32, Shape.of(700, 1 << 20));
            TornadoTensor second = (TornadoTensor) backend.allocate("second", DType.F32, Shape.of(1400, 1 << 20));
            assertEquals(0, Address.bank(first.address()));
            assertEquals(1, Address.bank(second.address()));
            assertEquals(3, device.plans());
            List<Tensor> more = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                more.add(backend.allocate("more", DType.F32, Shape.of(2000, 1 << 20)));
            }
            assertEquals(
                    "no room on host 0:0 for head.weight F32[2000, 1048576], 7.8 GiB: with the 55.1 GiB in use and"
                            + " 129.0 MiB besides that makes 63.0 GiB, and no free piece is as long; its memory is"
                            + " 64.0 GiB",
                    refusal(backend, Shape.of(2000, 1 << 20)));
            assertEquals(6, more.size());
        }
    }

    @Test
    void whatIsPlannedFindsItsPlacesInSeveralArrays() {
        System.setProperty("tornado.device.memory", "1TB");
        WeightlessDevice device = new WeightlessDevice();
        TornadoDryRun dryRun = new TornadoDryRun(device);
        fill(dryRun);
        MemoryUse use = dryRun.use();
        assertTrue(use.fits());
        assertEquals(45, use.peak() >> 30);
        try (Backend backend = new TornadoBackend(device, dryRun.lengths())) {
            fill(backend);
            assertEquals(1, device.plans());
        }
    }

    /** Weights of 5 GiB, and a program with a hundred temporaries of 400 MiB that are in use at once. */
    private static void fill(Backend backend) {
        for (int i = 0; i < 50; i++) {
            backend.allocate("weight", DType.F32, Shape.of(100, 1 << 18));
        }
        Tensor sum = backend.allocate("sum", DType.F32, Shape.of(400, 1 << 18));
        backend.record(r -> {
            List<Tensor> parts = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Tensor part = r.temporary("part", DType.F32, sum.shape());
                r.add(new Fill(part, i));
                parts.add(part);
            }
            parts.forEach(part -> r.add(new Add(sum, part, sum)));
        });
    }

    @Test
    void everyOptionThatMustBeRaisedIsNamedAtOnce() {
        List<MemoryUse.Limit> limits =
                List.of(
                        new MemoryUse.Limit("memory", 100, ""),
                        new MemoryUse.Limit("heap", 10, "raise -X"),
                        new MemoryUse.Limit("arrays", 20, "raise -Y"));
        assertEquals(limits.subList(1, 2), DeviceLimits.exceeded(limits, 11));
        assertEquals(limits.subList(1, 3), DeviceLimits.exceeded(limits, 100));
        assertEquals(limits.subList(0, 1), DeviceLimits.exceeded(limits, 101));
        assertEquals(List.of(), DeviceLimits.exceeded(limits, 10));
    }

    @ParameterizedTest
    @CsvSource({"16GB, 17179869184", "512MB, 536870912", "1TB, 1099511627776", "4294967296, 4294967296"})
    void aSizeIsReadAsTornadoVmReadsIt(String size, long bytes) {
        assertEquals(bytes, DeviceLimits.bytes(size));
    }

    @ParameterizedTest
    @ValueSource(strings = {"16G", "16gb", "GB", "-1GB", ""})
    void aSizeThatIsNoneIsRefused(String size) {
        assertEquals(
                "-Dtornado.device.memory: found " + size + ", expected a size such as 16GB or 512MB",
                assertThrows(InputException.class, () -> DeviceLimits.bytes(size)).getMessage());
    }

    private static String refusal(Backend backend, Shape shape) {
        return assertThrows(OutOfDeviceMemoryException.class, () -> backend.allocate("head.weight", DType.F32, shape))
                .getMessage();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 40})
    void aBackendThatItsDryRunOpensNeverGrows(int rows) {
        PlainDevice device = new PlainDevice("0:0", 256 * MIB);
        TornadoDryRun dryRun = new TornadoDryRun(device);
        Shape shape = Shape.of(rows, 1 << 18);
        int fitting = -1;
        while (dryRun.use().fits()) {
            dryRun.allocate("planned", DType.F32, shape);
            fitting++;
        }
        TornadoDryRun fits = new TornadoDryRun(device);
        for (int i = 0; i < fitting; i++) {
            fits.allocate("planned", DType.F32, shape);
        }
        assertTrue(fits.use().fits());
        // Of 256 MiB, 129 MiB are set aside for transfers and integers, and 8 MiB for the self-test.
        assertEquals(119 / rows, fitting);
        List<Tensor> tensors = new ArrayList<>();
        try (Backend backend = fits.open()) {
            for (int i = 0; i < fitting; i++) {
                tensors.add(backend.allocate("taken", DType.F32, shape));
            }
            assertEquals(1, device.plans());
            assertEquals(0, tensors.getLast().floats()[0]);
        }
    }

    @Test
    void aDeviceThatGivesLessThanItClaimsIsNamed() {
        TornadoDryRun dryRun =
                new TornadoDryRun(
                        new PlainDevice("0:0", 256 * MIB) {
                            @Override
                            public DevicePlan plan(Lengths lengths) {
                                throw new IllegalStateException("CL_MEM_OBJECT_ALLOCATION_FAILURE\nand more");
                            }
                        });
        assertEquals(
                "host 0:0 did not give 16.0 MiB, of its 256.0 MiB: CL_MEM_OBJECT_ALLOCATION_FAILURE",
                assertThrows(OutOfDeviceMemoryException.class, dryRun::open).getMessage());
    }

    @Test
    void aPlanKnowsEveryLimitOfTheDevice() {
        TornadoDryRun dryRun = new TornadoDryRun(new PlainDevice("0:0", 256 * MIB));
        dryRun.allocate("huge", DType.F32, Shape.of(1 << 16, 1 << 18));
        MemoryUse use = dryRun.use();
        assertEquals(64L << 30, use.tensors());
        assertEquals("the memory of host 0:0", use.tightest().what());
        assertNotEquals(List.of(), use.limits());
        assertTrue(!use.fits());
    }

    @Test
    void whatDoesNotFitIsRefusedBeforeAnythingIsTaken() {
        PlainDevice device = new PlainDevice("0:0", 256 * MIB);
        TornadoDryRun dryRun = new TornadoDryRun(device);
        dryRun.allocate("huge", DType.F32, Shape.of(300, 1 << 18));
        assertEquals(
                "no room on host 0:0 for the 437.0 MiB planned: the memory of host 0:0 is 256.0 MiB; its memory is"
                        + " 256.0 MiB",
                assertThrows(OutOfDeviceMemoryException.class, dryRun::open).getMessage());
        assertEquals(0, device.plans());
    }

    @Test
    void twoElementsOfBfloat16TakeOneWord() {
        PlainDevice device = new PlainDevice();
        TornadoDryRun dryRun = new TornadoDryRun(device);
        assertEquals(2049L * 4096 * 2, dryRun.bytesOf(dryRun.allocate("weight", DType.BF16, Shape.of(2049, 4096))));
        assertEquals(16L * Float.BYTES, dryRun.bytesOf(dryRun.allocate("odd", DType.BF16, Shape.of(31))));
        try (Backend backend = new TornadoBackend(device, dryRun.lengths())) {
            Tensor weight = backend.allocate("weight", DType.BF16, Shape.of(2049, 4096));
            Tensor odd = backend.allocate("odd", DType.BF16, Shape.of(31));
            short[] halves = new short[31];
            for (int i = 0; i < halves.length; i++) {
                halves[i] = (short) (0x3F80 + i);
            }
            odd.upload(MemorySegment.ofArray(halves));
            short[] last = new short[3];
            weight.download(weight.shape().elements() - 3, MemorySegment.ofArray(last));
            assertArrayEquals(new short[3], last);
            short[] found = new short[4];
            odd.download(27, MemorySegment.ofArray(found));
            assertArrayEquals(Arrays.copyOfRange(halves, 27, 31), found);
            assertEquals(1, device.plans());
        }
    }
}
