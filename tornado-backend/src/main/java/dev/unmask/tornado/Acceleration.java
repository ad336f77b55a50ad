package dev.unmask.tornado;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;

import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * What makes a device fast, of which the backend can do without each: products by the vendor's library, attention
 * without scores in memory, and programs as CUDA graphs. What turns out to be wrong is left out from then on, with a
 * reason.
 */
final class Acceleration {
    /** The flag for CUDA graphs. */
    static final String CAPTURED = "unmask.tornado.cudagraphs";

    /** The flag for attention without scores in memory. */
    static final String FUSED = "unmask.tornado.fused";

    /** TornadoVM's flag for waiting after each task graph, which nothing that is captured may do. */
    static final String FLUSH = "tornado.vmflush";

    private final Set<String> reasons = new LinkedHashSet<>();
    private final boolean isNative;
    private final Set<Precision> multiplied = EnumSet.allOf(Precision.class);
    private Optional<CudaDriver> driver = Optional.empty();
    private Optional<MatrixLibrary> products = Optional.empty();
    private final Set<Precision> attended = EnumSet.of(Precision.TF32, Precision.BF16);
    private final Set<AttentionTuning> tried = ConcurrentHashMap.newKeySet();
    private Optional<AttentionLibrary> attention = Optional.empty();
    private boolean captures;
    private boolean suspended;

    private Acceleration(boolean isNative) {
        this.isNative = isNative;
    }

    /** Of a device of another driver than CUDA's: none. */
    static Acceleration none() {
        return new Acceleration(false);
    }

    /** Of a device of the CUDA driver: as far as the libraries and the flags are there. */
    static Acceleration ofCuda() {
        Optional<CudaDriver> driver = CudaDriver.find();
        if (driver.isEmpty()) {
            Acceleration none = none();
            none.withoutProducts("the system's loader does not find NVIDIA's driver, libcuda.so.1");
            return none;
        }
        Acceleration acceleration = new Acceleration(true);
        acceleration.driver = driver;
        switch (Cublas.find(driver.get())) {
            case MatrixLibrary.Present present -> acceleration.products = Optional.of(present.library());
            case MatrixLibrary.Missing missing -> acceleration.withoutProducts(missing.reason());
        }
        if (!flag(FUSED, true)) {
            acceleration.withoutAttention("-D" + FUSED + "=false");
        } else {
            switch (CudaAttention.find(driver.get())) {
                case CudaAttention.Present present -> acceleration.attention = Optional.of(present.library());
                case CudaAttention.Missing missing -> acceleration.withoutAttention(missing.reason());
            }
        }
        acceleration.captures = true;
        if (!flag(CAPTURED, true)) {
            acceleration.withoutCaptures("-D" + CAPTURED + "=false");
        } else if (flag(FLUSH, true)) {
            acceleration.withoutCaptures("start with -D" + FLUSH + "=False, as ./unmask does");
        }
        return acceleration;
    }

    /** With a library that stands in for the vendor's. */
    static Acceleration of(MatrixLibrary library) {
        Acceleration acceleration = new Acceleration(true);
        acceleration.products = Optional.of(library);
        acceleration.captures = true;
        return acceleration;
    }

    /** The same, and what stands in for attention on tensor cores. */
    static Acceleration of(MatrixLibrary library, AttentionLibrary attention) {
        Acceleration acceleration = of(library);
        acceleration.attention = Optional.of(attention);
        return acceleration;
    }

    private static boolean flag(String name, boolean otherwise) {
        String value = System.getProperty(name, Boolean.toString(otherwise));
        if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
            throw new InputException("-D" + name + ": found " + value + ", expected true or false");
        }
        return Boolean.parseBoolean(value);
    }

    /** Whether the host may put work of its own among the kernels. */
    boolean isNative() {
        return isNative;
    }

    /** NVIDIA's driver, where the host may tell the device directly what to do. */
    Optional<CudaDriver> driver() {
        return driver;
    }

    /** The library for products, if there is one. */
    Optional<MatrixLibrary> products() {
        return products;
    }

    /** Whether products of a precision are left to the library. */
    boolean multiplies(Precision precision) {
        return !suspended && products.isPresent() && multiplied.contains(precision);
    }

    /** What computes attention without scores in memory, if there is anything. */
    Optional<AttentionLibrary> attention() {
        return attention;
    }

    /** Whether attention of a precision is computed without scores in memory, where it fits. */
    boolean attends(Precision precision) {
        return !suspended && attention.isPresent() && attended.contains(precision);
    }

    /** Whether kernels of attention were not asked about before. */
    boolean isNew(AttentionTuning tuning) {
        return tried.add(tuning);
    }

    /** Which ways there are now. */
    Ways ways() {
        return new Ways(this::multiplies, this::attends);
    }

    /** Whether what repeats becomes a CUDA graph. */
    boolean captures() {
        return captures && !suspended;
    }

    /** Does something with none of it. */
    <T> T suspendedDuring(Supplier<T> work) {
        suspended = true;
        try {
            return work.get();
        } finally {
            suspended = false;
        }
    }

    /** Multiplies by the kernels of this backend from now on. */
    void withoutProducts(String reason) {
        products = Optional.empty();
        reasons.add("products are computed by kernels of this backend, which are slower: " + reason);
    }

    /** Multiplies by the kernels of this backend from now on, in one precision. */
    void withoutProducts(Precision precision, String reason) {
        multiplied.remove(precision);
        reasons.add(
                "products in "
                        + precision.name().toLowerCase(Locale.ROOT)
                        + " are computed by kernels of this backend, which are slower: "
                        + reason);
    }

    /** Brings scores to memory from now on. */
    void withoutAttention(String reason) {
        attention = Optional.empty();
        reasons.add("attention brings scores to memory, which is slower: " + reason);
    }

    /** Brings scores to memory from now on, in one precision. */
    void withoutAttention(Precision precision, String reason) {
        attended.remove(precision);
        reasons.add(
                "attention in "
                        + precision.name().toLowerCase(Locale.ROOT)
                        + " brings scores to memory, which is slower: "
                        + reason);
    }

    /** Runs kernels one by one from now on. */
    void withoutCaptures(String reason) {
        captures = false;
        reasons.add("programs are not run as CUDA graphs: " + reason);
    }

    /** What is left out, each with its reason. */
    List<String> reasons() {
        return List.copyOf(reasons);
    }
}
