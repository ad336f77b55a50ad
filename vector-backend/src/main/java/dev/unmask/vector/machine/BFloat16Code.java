package dev.unmask.vector.machine;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Which instructions multiply bfloat16, or none. */
public enum BFloat16Code {
    /** The fastest that the machine has. */
    AUTO,
    /** AMX tiles, if the machine has them. */
    AMX,
    /** AVX512-BF16 vectors, if the machine has them. */
    AVX512,
    /** No machine code. */
    OFF;

    /** Code is never unloaded, so loading it once is enough. */
    private static final Map<BFloat16Code, Loaded> LOADED = new ConcurrentHashMap<>();

    /**
     * What became of a choice.
     *
     * @param product what multiplies; empty: no machine code
     * @param refusals of each that the machine has but that is not used, why
     */
    private record Loaded(Optional<BFloat16Product> product, List<String> refusals) {}

    /**
     * The product made of these instructions, once it has proved itself on small products.
     *
     * @return the product; empty if the machine has no such instructions, they compute something wrong, or the system
     *     allows no executable memory
     */
    public Optional<BFloat16Product> load() {
        return loaded().product;
    }

    /**
     * What multiplies bfloat16.
     *
     * @return for people
     */
    public String description() {
        String rounded = this == OFF ? "the Vector API" : "instructions for float32";
        return load().map(BFloat16Product::description).orElse(rounded);
    }

    /**
     * Why instructions that the machine has are not used.
     *
     * @return a sentence for each
     */
    public List<String> refusals() {
        return loaded().refusals;
    }

    private Loaded loaded() {
        return LOADED.computeIfAbsent(this, BFloat16Code::loadProven);
    }

    private Loaded loadProven() {
        if (this == OFF) {
            return new Loaded(Optional.empty(), List.of());
        }
        List<String> refusals = new ArrayList<>();
        Cpu cpu = Cpu.detect(refusals::add);
        Optional<BFloat16Product> product = Optional.empty();
        if (cpu.amxBf16() && this != AVX512) {
            product = proven(AmxProduct.load(refusals::add).map(loaded -> loaded), refusals);
        }
        if (product.isEmpty() && cpu.avx512Bf16() && this != AMX) {
            product = proven(Avx512Product.load(refusals::add).map(loaded -> loaded), refusals);
        }
        // A logger takes a moment to find, and is hardly ever needed.
        refusals.forEach(refusal -> System.getLogger(BFloat16Code.class.getName()).log(Level.WARNING, refusal));
        return new Loaded(product, List.copyOf(refusals));
    }

    private static Optional<BFloat16Product> proven(Optional<BFloat16Product> product, List<String> refusals) {
        return Proof.pass("bfloat16", product, ProductProof::fault, refusals::add);
    }
}
