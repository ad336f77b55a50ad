package dev.unmask.vector.machine;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;

/**
 * Which instructions multiply float32: those of AVX-512 or AVX2, written by us, or those that the JVM's compiler
 * chooses.
 */
public final class Float32Code {
    private static volatile List<String> refusals = List.of();

    /** Code is never unloaded, so loading it once is enough. */
    private static final class Loaded {
        static final Optional<Float32Product> PRODUCT = loadProven();

        private Loaded() {}
    }

    private Float32Code() {}

    /**
     * The product made of machine code, once it has proved itself on small products.
     *
     * @param choice what is asked of machine code for bfloat16; {@code OFF} turns off this one too
     * @return the product; empty if it is turned off, the machine has no such instructions, they compute something
     *     wrong, or the system allows no executable memory
     */
    public static Optional<Float32Product> load(BFloat16Code choice) {
        return choice == BFloat16Code.OFF ? Optional.empty() : Loaded.PRODUCT;
    }

    /**
     * What multiplies float32. Asking loads it.
     *
     * @param choice see {@link #load}
     * @return for people
     */
    public static String description(BFloat16Code choice) {
        return load(choice).map(Float32Product::description).orElse("the Vector API");
    }

    /**
     * Why instructions that the machine has are not used, as far as {@link #load} was called.
     *
     * @return a sentence for each
     */
    public static List<String> refusals() {
        return refusals;
    }

    private static Optional<Float32Product> loadProven() {
        // A system that allows no executable memory is told of by the code for bfloat16.
        Optional<Float32Product> product =
                Cpu.detect(_ -> {}).vectors().flatMap(size -> Float32Product.load(size, _ -> {}));
        return Proof.pass("float32", product, Float32Proof::fault, Float32Code::refuse);
    }

    private static void refuse(String why) {
        System.getLogger(Float32Code.class.getName()).log(Level.WARNING, why);
        refusals = List.of(why);
    }
}
