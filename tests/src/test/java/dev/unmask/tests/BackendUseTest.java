package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recording;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.function.Executable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Who may use a backend, its tensors and its programs, and when, on every backend of this machine. */
class BackendUseTest {
    private static final Shape SHAPE = Shape.of(2);

    @TestFactory
    Stream<DynamicNode> whatIsWrappedIsNeverWritten() {
        return test(backend -> {
            MemorySegment file = Arena.ofAuto().allocate(8, 4);
            file.setAtIndex(ValueLayout.JAVA_FLOAT, 1, 2);
            Tensor wrapped = backend.wrap("weights", DType.F32, SHAPE, file);
            Tensor onHeap = backend.wrap("numbers", DType.F32, SHAPE, MemorySegment.ofArray(new float[] {0, 2}));
            for (Tensor tensor : List.of(wrapped, onHeap)) {
                assertThrows(IllegalStateException.class, () -> tensor.set(3f, 4f));
                assertThrows(IllegalArgumentException.class, () -> backend.run(new Fill(tensor, 3)));
                String message =
                        assertThrows(
                                        IllegalArgumentException.class,
                                        () -> backend.record(r -> r.add(new Add(tensor, tensor, tensor))))
                                .getMessage();
                assertTrue(message.startsWith("Add would write to " + tensor + ", which wraps memory that"), message);
                assertArrayEquals(new float[] {0, 2}, tensor.floats());
            }
        });
    }

    @TestFactory
    Stream<DynamicNode> tensorsOfOtherBackendsAreRefused() {
        return test(backend -> {
            Tensor own = backend.allocate("own", DType.F32, SHAPE);
            try (Backend other = new ExactBackend()) {
                Tensor foreign = other.allocate("foreign", DType.F32, SHAPE);
                for (Copy copy : List.of(new Copy(own, foreign), new Copy(foreign, own))) {
                    assertThrows(IllegalArgumentException.class, () -> backend.run(copy));
                    assertThrows(IllegalArgumentException.class, () -> other.run(copy));
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicNode> temporariesBelongToOneRecording() {
        return test(backend -> {
            Tensor own = backend.allocate("own", DType.F32, SHAPE);
            Tensor temporary = backend.declare("temporary", DType.F32, SHAPE);
            assertThrows(IllegalArgumentException.class, () -> backend.run(new Copy(own, temporary)));
            assertThrows(IllegalStateException.class, temporary::floats);
            assertThrows(IllegalStateException.class, () -> temporary.set(1f, 2f));
        });
    }

    @TestFactory
    Stream<DynamicNode> nothingWorksAfterClose() {
        return test(backend -> {
            Tensor tensor = backend.allocate("x", DType.F32, SHAPE);
            Tensor other = backend.allocate("y", DType.F32, SHAPE);
            Program program = backend.record(recorder -> recorder.add(new Copy(tensor, other)));
            backend.close();
            backend.close();
            MemorySegment numbers = Arena.ofAuto().allocate(8, 4);
            Map<String, Executable> calls =
                    Map.of(
                            "upload", () -> tensor.set(1f, 2f),
                            "download", tensor::floats,
                            "allocate", () -> backend.allocate("z", DType.F32, SHAPE),
                            "wrap", () -> backend.wrap("z", DType.F32, SHAPE, numbers),
                            "declare", () -> backend.declare("z", DType.F32, SHAPE),
                            "compile", () -> backend.compile(new Recording(List.of(), List.of())),
                            "run of a program", program::run,
                            "run of a kernel", () -> backend.run(new Fill(tensor, 1)));
            calls.forEach((name, call) -> {
                String message = assertThrows(IllegalStateException.class, call, name).getMessage();
                assertTrue(message.contains("backend " + backend.name() + " is closed"), message);
            });
        });
    }

    @TestFactory
    Stream<DynamicNode> threadsMayTakeTurns() {
        return test(backend -> {
            Tensor x = backend.allocate("x", DType.F32, SHAPE);
            inOtherThread(() -> x.set(1f, 2f));
            backend.run(new Add(x, x, x));
            inOtherThread(() -> backend.run(new Add(x, x, x)));
            assertArrayEquals(new float[] {4, 8}, x.floats());
        });
    }

    @TestFactory
    Stream<DynamicNode> threadsThatDoNotTakeTurnsAreRefusedAndHarmNothing() {
        return test(backend -> {
            Tensor x = backend.allocate("x", DType.F32, SHAPE);
            Tensor y = backend.allocate("y", DType.F32, SHAPE);
            Program program = backend.record(recorder -> recorder.add(new Copy(x, y)));
            List<Executable> calls =
                    List.of(
                            () -> x.set(3f, 4f),
                            y::floats,
                            () -> backend.allocate("z", DType.F32, SHAPE),
                            program::run,
                            () -> backend.run(new Fill(x, 1)));
            List<Thread> threads =
                    calls.stream().map(call -> Thread.ofPlatform().unstarted(() -> hammer(call))).toList();
            List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
            threads.forEach(thread -> thread.setUncaughtExceptionHandler((_, failure) -> failures.add(failure)));
            threads.forEach(Thread::start);
            threads.forEach(BackendUseTest::join);
            assertEquals(List.of(), failures);
            x.set(5f, 6f);
            program.run();
            assertArrayEquals(new float[] {5, 6}, y.floats());
        });
    }

    private static void hammer(Executable call) {
        for (int i = 0; i < 1000; i++) {
            try {
                call.execute();
            } catch (IllegalStateException refusal) {
                String message = refusal.getMessage();
                assertTrue(message.contains(" was called by thread " + Thread.currentThread().getName()), message);
            } catch (Throwable failure) {
                throw new AssertionError(failure);
            }
        }
    }

    private static void inOtherThread(Runnable body) {
        Thread thread = Thread.ofPlatform().start(body);
        join(thread);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static Stream<DynamicNode> test(Consumer<Backend> body) {
        return BackendsUnderTest.each(backend -> Stream.of(dynamicTest("holds", () -> body.accept(backend))));
    }
}
