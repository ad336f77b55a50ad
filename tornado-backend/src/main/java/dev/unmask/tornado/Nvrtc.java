package dev.unmask.tornado;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;

/**
 * NVIDIA's compiler of CUDA C at run time, version 12 or 13, where it is installed; TornadoVM's CUDA driver has it too.
 *
 * @see <a href="https://docs.nvidia.com/cuda/nvrtc/">NVRTC</a>
 */
final class Nvrtc {
    /** The flag that names another library. */
    static final String FLAG = "unmask.tornado.nvrtc";

    private static final List<String> NAMES =
            List.of(
                    "libnvrtc.so.13",
                    "libnvrtc.so.12",
                    "/usr/local/cuda/lib64/libnvrtc.so.13",
                    "/usr/local/cuda/lib64/libnvrtc.so.12",
                    "nvrtc64_130_0.dll",
                    "nvrtc64_120_0.dll");

    private final MethodHandle create;
    private final MethodHandle compile;
    private final MethodHandle size;
    private final MethodHandle code;
    private final MethodHandle logSize;
    private final MethodHandle log;
    private final MethodHandle destroy;
    private final String name;

    private Nvrtc(SharedLibrary library) {
        name = library.name();
        create = library.function("nvrtcCreateProgram", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
        compile = library.function("nvrtcCompileProgram", ADDRESS, JAVA_INT, ADDRESS);
        size = library.function("nvrtcGetCUBINSize", ADDRESS, ADDRESS);
        code = library.function("nvrtcGetCUBIN", ADDRESS, ADDRESS);
        logSize = library.function("nvrtcGetProgramLogSize", ADDRESS, ADDRESS);
        log = library.function("nvrtcGetProgramLog", ADDRESS, ADDRESS);
        destroy = library.function("nvrtcDestroyProgram", ADDRESS);
    }

    /** Names that it is looked for by. */
    static List<String> names() {
        String flag = System.getProperty(FLAG, "");
        return flag.isEmpty() ? NAMES : List.of(flag);
    }

    /** What the flag names, or the one that the system's loader finds. */
    static Optional<Nvrtc> find() {
        return SharedLibrary.first(names()).map(Nvrtc::new);
    }

    String name() {
        return name;
    }

    /**
     * Machine code of a program.
     *
     * @param source CUDA C
     * @param options of the compiler
     * @throws IllegalStateException if it does not compile; the message has what the compiler said
     */
    byte[] compile(String source, List<String> options) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(ADDRESS);
            require(
                    (int)
                            create.invokeExact(
                                    handle,
                                    arena.allocateFrom(source),
                                    arena.allocateFrom("unmask.cu"),
                                    0,
                                    MemorySegment.NULL,
                                    MemorySegment.NULL),
                    "nvrtcCreateProgram");
            try {
                return compiled(handle.get(ADDRESS, 0), options, arena);
            } finally {
                require((int) destroy.invokeExact(handle), "nvrtcDestroyProgram");
            }
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    private byte[] compiled(MemorySegment program, List<String> options, Arena arena) throws Throwable {
        MemorySegment arguments = arena.allocate(ADDRESS, options.size());
        for (int i = 0; i < options.size(); i++) {
            arguments.setAtIndex(ADDRESS, i, arena.allocateFrom(options.get(i)));
        }
        int status = (int) compile.invokeExact(program, options.size(), arguments);
        if (status != 0) {
            throw new IllegalStateException("nvrtcCompileProgram gave status " + status + ": " + said(program, arena));
        }
        MemorySegment length = arena.allocate(JAVA_LONG);
        require((int) size.invokeExact(program, length), "nvrtcGetCUBINSize");
        MemorySegment image = arena.allocate(length.get(JAVA_LONG, 0));
        require((int) code.invokeExact(program, image), "nvrtcGetCUBIN");
        return image.toArray(JAVA_BYTE);
    }

    private String said(MemorySegment program, Arena arena) throws Throwable {
        MemorySegment length = arena.allocate(JAVA_LONG);
        require((int) logSize.invokeExact(program, length), "nvrtcGetProgramLogSize");
        MemorySegment text = arena.allocate(Math.max(1, length.get(JAVA_LONG, 0)));
        require((int) log.invokeExact(program, text), "nvrtcGetProgramLog");
        return text.getString(0).strip();
    }

    private static void require(int status, String function) {
        if (status != 0) {
            throw new IllegalStateException(function + " gave status " + status);
        }
    }
}
