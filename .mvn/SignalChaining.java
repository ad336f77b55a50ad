import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Copies the JDK's library for signal chaining to a place whose name the build knows, as Maven knows none of the
 * toolchain's. Tests of the tornado backend run with it loaded first: an OpenCL driver that compiles by LLVM, as PoCL,
 * puts handlers in the place of the JVM's that go off once, and two threads that need the JVM's at the same time would
 * end the process. Elsewhere than on Linux there is no such library, and nothing that loads it.
 */
final class SignalChaining {
    private SignalChaining() {}

    /**
     * Copies the library of the JDK that runs this.
     *
     * @param args the file to make
     * @throws IOException if it cannot be copied
     */
    public static void main(String[] args) throws IOException {
        Path library = Path.of(System.getProperty("java.home"), "lib", "libjsig.so");
        if (Files.exists(library)) {
            Files.copy(library, Path.of(args[0]), StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
