package dev.unmask.vector.machine;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;

/** Which instructions multiply int8: those of AVX512-VNNI, or none. */
public final class Int8Code {
    private static volatile List<String> refusals = List.of();

    /** Code is never unloaded, so loading it once is enough. */
    private static final class Loaded {
        static final Optional<Int8Product> PRODUCT = loadProven();

        private Loaded() {}
    }

    private Int8Code() {}

    /**
     * The product made of machine code, once it has proved itself on small products.
     *
     * @param choice what is asked of machine code for bfloat16; {@code OFF} turns off this one too
     * @return the product; empty if it is turned off, the machine has no such instructions, they compute something
     *     wrong, or the system allows no executable memory
     */
    public static Optional<Int8Product> load(BFloat16Code choice) {
        return choice == BFloat16Code.OFF ? Optional.empty() : Loaded.PRODUCT;
    }

    /**
     * Why instructions that the machine has are not used, as far as {@link #load} was called: the proof takes a part of
     * the time in which a short command is done, and few models need it.
     *
     * @return a sentence for each
     */
    public static List<String> refusals() {
        return refusals;
    }

    private static Optional<Int8Product> loadProven() {
        // A system that allows no executable memory is told of by the code for bfloat16.
        if (!Cpu.detect(_ -> {}).avx512Vnni()) {
            return Optional.empty();
        }
        Optional<Int8Product> product = VnniProduct.load(_ -> {}).map(loaded -> loaded);
        return Proof.pass("int8", product, Int8Proof::fault, Int8Code::refuse);
    }

    private static void refuse(String why) {
        System.getLogger(Int8Code.class.getName()).log(Level.WARNING, why);
        refusals = List.of(why);
    }
}
