package dev.unmask.vector.machine;

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
    private static final Map<BFloat16Code, Optional<BFloat16Product>> LOADED = new ConcurrentHashMap<>();

    /**
     * The product made of these instructions.
     *
     * @return the product; empty if the machine has no such instructions, or the system allows no executable memory
     */
    public Optional<BFloat16Product> load() {
        return LOADED.computeIfAbsent(this, code -> code.load(code == OFF ? Cpu.NONE : Cpu.detect()));
    }

    private Optional<BFloat16Product> load(Cpu cpu) {
        Optional<BFloat16Product> product = Optional.empty();
        if (cpu.amxBf16() && this != AVX512) {
            product = AmxProduct.load().map(loaded -> loaded);
        }
        if (product.isEmpty() && cpu.avx512Bf16() && this != AMX) {
            product = Avx512Product.load().map(loaded -> loaded);
        }
        return product;
    }
}
