package dev.unmask.tests;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Kernels with one operand or number replaced by another that may not fit: refused, or run without harm. */
class WrongKernelsTest {
    @Test
    void aKernelWithAWrongOperandIsRefusedOrRunsWithoutHarm() throws IOException, InterruptedException {
        ChildJvm.succeeds(Child.class, "-XX:MaxDirectMemorySize=512m");
    }

    /** Runs in a JVM that a kernel may bring down. */
    static final class Child {
        /** Cases of each kernel, and elements of the largest operand. */
        private static final int MOST_CASES = 5;

        private static final int SMALL = 3000;

        private final Backend backend = Backends.open("vector", new BackendOptions(1, ""));
        private final Backend foreign = Backends.open("reference", new BackendOptions(1, ""));
        private final List<Tensor> strangers = strangers();
        private final Tensor numbers = backend.allocate("numbers", DType.F32, Shape.of(3, 37));
        private final Tensor doubled = backend.allocate("doubled", DType.F32, Shape.of(3, 37));
        private int ran;
        private int refused;

        public static void main(String[] arguments) throws ReflectiveOperationException {
            new Child().run();
        }

        private void run() throws ReflectiveOperationException {
            float[] values = new float[3 * 37];
            for (int i = 0; i < values.length; i++) {
                values[i] = i;
            }
            numbers.set(values);
            Map<Class<?>, Integer> seen = new HashMap<>();
            for (KernelCase kernelCase : KernelTest.cases().toList()) {
                Kernel kernel = CaseOperands.kernelOf(kernelCase, backend);
                if (isSmall(kernel) && seen.merge(kernel.getClass(), 1, Integer::sum) <= MOST_CASES) {
                    replaceEach(kernel);
                    requireUnharmed(values);
                }
            }
            if (seen.size() != Kernel.class.getPermittedSubclasses().length || refused < 1000 || ran < 1000) {
                throw new AssertionError("tested " + seen.keySet() + ": " + ran + " ran, " + refused + " were refused");
            }
        }

        private static boolean isSmall(Kernel kernel) {
            return Stream.concat(kernel.inputs().stream(), kernel.outputs().stream())
                    .allMatch(operand -> operand.shape().elements() <= SMALL);
        }

        private void replaceEach(Kernel kernel) throws ReflectiveOperationException {
            List<Tensor> own =
                    Stream.of(kernel.inputs().stream(), kernel.outputs().stream(), extremes(kernel))
                            .flatMap(each -> each)
                            .distinct()
                            .toList();
            replaceEach((Record) kernel, own, this::run);
        }

        /** Hands over every record that differs from one in a component, if it can be made at all. */
        private void replaceEach(Record right, List<Tensor> own, Consumer<Record> changed)
                throws ReflectiveOperationException {
            RecordComponent[] components = right.getClass().getRecordComponents();
            Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Constructor<?> constructor = right.getClass().getDeclaredConstructor(types);
            Object[] values = new Object[components.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = components[i].getAccessor().invoke(right);
            }
            for (int i = 0; i < values.length; i++) {
                for (Object wrong : replacements(types[i], values[i], own)) {
                    Object[] others = values.clone();
                    others[i] = wrong;
                    try {
                        changed.accept((Record) constructor.newInstance(others));
                    } catch (InvocationTargetException inside) {
                        requireException(inside.getCause(), Arrays.toString(others));
                    }
                }
            }
        }

        /** Indices of the same shape at, and just outside of, both ends of what they may be. */
        private Stream<Tensor> extremes(Kernel kernel) {
            return kernel.indices().stream()
                    .flatMap(indices ->
                            IntStream.of(-1, 0, (int) indices.end() - 1, (int) indices.end())
                                    .mapToObj(value -> filled(indices.tensor().shape(), value)));
        }

        private Tensor filled(Shape shape, int value) {
            int[] values = new int[(int) shape.elements()];
            Arrays.fill(values, value);
            Tensor tensor = backend.allocate("extreme", DType.I32, shape);
            tensor.set(values);
            return tensor;
        }

        /** Only exceptions, no errors, and no crash. */
        private void run(Record kernel) {
            try {
                backend.run((Kernel) kernel);
                ran++;
            } catch (Throwable thrown) {
                requireException(thrown, kernel.toString());
            }
        }

        private void requireException(Throwable thrown, String call) {
            if (!(thrown instanceof RuntimeException)) {
                throw new AssertionError(call, thrown);
            }
            refused++;
        }

        private List<Object> replacements(Class<?> type, Object right, List<Tensor> own)
                throws ReflectiveOperationException {
            List<Object> all = new ArrayList<>();
            if (type == Tensor.class) {
                all.addAll(own);
                all.addAll(strangers);
                all.add(null);
            } else if (type == Optional.class) {
                all.add(Optional.empty());
                Stream.concat(own.stream(), strangers.stream()).map(Optional::of).forEach(all::add);
            } else if (type == RowLimit.class) {
                all.add(RowLimit.ALL);
                for (int count : new int[] {0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
                    for (int first : new int[] {0, 1, 2, 1 << 30, Integer.MAX_VALUE}) {
                        all.add(RowLimit.of(integers(count), first));
                    }
                }
            } else if (type == Heads.class) {
                all.addAll(
                        List.of(
                                new Heads(1, 1, 2),
                                new Heads(2, 1, 4),
                                new Heads(1 << 14, 1, 2),
                                new Heads(1, 1, 1 << 20),
                                new Heads(1 << 15, 1 << 15, 1 << 16)));
            } else if (type == int.class) {
                all.addAll(List.of(0, 1, 2, 3, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 30));
            } else if (type == float.class) {
                all.addAll(List.of(0f, -1f, Float.NaN, Float.POSITIVE_INFINITY));
            } else if (type == boolean.class) {
                all.addAll(List.of(true, false));
            } else if (type.isEnum()) {
                all.addAll(Arrays.asList(type.getEnumConstants()));
            } else if (right instanceof Record record) {
                replaceEach(record, own, all::add);
            } else {
                throw new AssertionError("nothing to put in the place of a " + type);
            }
            return all;
        }

        private Tensor integers(int... values) {
            Tensor tensor = backend.allocate("integers", DType.I32, Shape.of(values.length));
            tensor.set(values);
            return tensor;
        }

        /** Tensors that hardly ever fit. */
        private List<Tensor> strangers() {
            List<Tensor> all = new ArrayList<>();
            for (DType dtype : DType.values()) {
                for (Shape shape :
                        List.of(
                                Shape.of(),
                                Shape.of(0),
                                Shape.of(1),
                                Shape.of(4),
                                Shape.of(17),
                                Shape.of(0, 5),
                                Shape.of(5, 0),
                                Shape.of(17, 33),
                                Shape.of(2, 3, 4))) {
                    all.add(backend.allocate("allocated", dtype, shape));
                    all.add(backend.declare("temporary", dtype, shape));
                    all.add(foreign.allocate("foreign", dtype, shape));
                    all.add(
                            backend.wrap(
                                    "wrapped",
                                    dtype,
                                    shape,
                                    Arena.ofAuto().allocate(shape.elements() * dtype.bytes())));
                }
            }
            all.add(integers(-1, 1, 2, 3));
            all.add(integers(1 << 30, 1, 2, 3));
            return all;
        }

        private void requireUnharmed(float[] values) {
            backend.run(new Add(numbers, numbers, doubled));
            float[] sums = doubled.floats();
            for (int i = 0; i < values.length; i++) {
                if (sums[i] != 2 * values[i]) {
                    throw new AssertionError("found " + sums[i] + " at " + i + ", expected " + 2 * values[i]);
                }
            }
        }
    }
}
