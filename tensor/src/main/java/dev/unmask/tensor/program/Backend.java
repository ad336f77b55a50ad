package dev.unmask.tensor.program;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.ShapeException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * A device: it owns tensors and runs {@linkplain Kernel kernels} on them.
 *
 * <p>Work is recorded as a list of kernels, compiled into a {@link Program} once, and run as often as needed. A
 * backend, its tensors and its programs are used by one thread at a time: threads may take turns, and a call during a
 * call of another thread throws an {@link IllegalStateException} that names both. After {@link #close} every call
 * throws one. Two backends are independent of each other.
 *
 * <p>A call that throws leaves everything as usable as it was; after an {@link OutOfDeviceMemoryException} what was
 * made before goes on working.
 */
public interface Backend extends AutoCloseable {
    /**
     * What {@code --backend} calls it.
     *
     * @return a short name, for example {@code vector}
     */
    String name();

    /**
     * One line of what this device can do: vector width, cores, driver.
     *
     * @return the capability line
     */
    String description();

    /**
     * Makes a tensor of zeros. Its memory is given back when nothing refers to it any more.
     *
     * @param name what messages call it
     * @param dtype the element type
     * @param shape the extents
     * @return the tensor
     * @throws OutOfDeviceMemoryException if there is no room; the message names the tensor
     */
    Tensor allocate(String name, DType dtype, Shape shape);

    /**
     * Makes a tensor of the given numbers, without a copy where the device can use host memory in place (a mapped
     * file). The tensor must only be read: {@link Tensor#upload} and programs that would write to it are refused. The
     * numbers stay as they are as long as it is used.
     *
     * @param name what messages call it
     * @param dtype the element type
     * @param shape the extents
     * @param data the elements, native byte order
     * @return the tensor
     * @throws ShapeException if the data has another length
     */
    Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data);

    /**
     * Names a tensor that exists only inside a program; {@link #compile} gives it memory. For {@link Recorder}.
     *
     * @param name what messages call it
     * @param dtype the element type
     * @param shape the extents
     * @return a tensor without memory
     */
    Tensor declare(String name, DType dtype, Shape shape);

    /**
     * Plans the memory of the temporaries and makes the list of kernels ready to run.
     *
     * @param recording the kernels and the temporaries they use
     * @return the program
     * @throws IllegalArgumentException if an operand is of another backend or another recording, or a kernel would
     *     write to a tensor that must only be read
     * @throws OutOfDeviceMemoryException if there is no room for the temporaries
     */
    Program compile(Recording recording);

    /**
     * Whether this backend has code for a kernel with operands of these shapes. {@link Recorder#add} asks, so that a
     * model that cannot run is refused when its program is recorded, and not in the middle of it.
     *
     * @param kernel its operands may be of another backend: only their types and shapes count
     * @return why it cannot run here, as the end of a sentence that begins with the kernel; empty if it can
     */
    default Optional<String> unsupported(Kernel kernel) {
        return Optional.empty();
    }

    /**
     * Records and compiles a program.
     *
     * @param body adds kernels; runs once, here
     * @return the program
     * @throws InputException if this backend has no code for one of them
     */
    default Program record(Consumer<Recorder> body) {
        Recorder recorder = new Recorder(this);
        body.accept(recorder);
        return compile(recorder.recording());
    }

    /**
     * Runs one kernel on tensors that have memory.
     *
     * @param kernel the kernel
     * @throws InputException if this backend has no code for it
     */
    default void run(Kernel kernel) {
        record(recorder -> recorder.add(kernel)).run();
    }

    /**
     * Measures how fast this device can multiply and add float32 numbers at all threads, in registers alone: what the
     * speed of a kernel is compared with.
     *
     * @return floating-point operations a second; empty if this backend has no such measurement
     */
    default OptionalDouble measurePeak() {
        return OptionalDouble.empty();
    }

    /**
     * Counts the times of kernels along from now on, in all programs of this backend.
     *
     * @param times what they are added to
     * @return whether this backend can: one that runs many kernels as one piece does not know the parts
     */
    default boolean countInto(KernelTimes times) {
        return false;
    }

    /**
     * Gives threads and device contexts back. Its tensors and programs cannot be used any more; closing it again does
     * nothing.
     *
     * @throws IllegalStateException if a call is going on
     */
    @Override
    void close();
}
