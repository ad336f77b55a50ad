package dev.unmask.vector;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.vector.lanes.Species;
import dev.unmask.vector.machine.BFloat16Code;
import dev.unmask.vector.machine.Float32Code;
import dev.unmask.vector.machine.Int8Code;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds the CPU backend, and what keeps it from being as fast as the machine. */
public final class VectorBackendProvider implements BackendProvider {
    /** The system property that chooses the machine code of bfloat16 products, or none. */
    static final String MACHINE_CODE = "unmask.machine-code";

    private static final String VECTOR_MODULE = "jdk.incubator.vector";

    /** For {@link java.util.ServiceLoader}. */
    public VectorBackendProvider() {}

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public Availability probe() {
        if (!isThere()) {
            return new Availability.Unavailable(
                    "the module " + VECTOR_MODULE + " is not loaded", "start java with --add-modules=" + VECTOR_MODULE);
        }
        return available("");
    }

    /**
     * What there is, and what would make it faster.
     *
     * @param float32 what multiplies float32, if that was loaded, with a comma after it
     */
    private static Availability available(String float32) {
        List<String> advice = new ArrayList<>();
        if (Species.BITS < 256) {
            advice.add(
                    Species.BITS
                            + "-bit vectors are slow: use a CPU with AVX2 or AVX-512, and start java without"
                            + " -XX:UseAVX, -XX:MaxVectorSize and -D"
                            + Species.PROPERTY);
        }
        if (System.getProperty("java.vm.info", "").contains("interpreted")
                || System.getProperty("sun.management.compiler", "HotSpot").contains("Client")
                || ranWith("-XX:TieredStopAtLevel=")) {
            advice.add("vectors are fast only when compiled by C2: start java without -Xint and -XX:TieredStopAtLevel");
        }
        wish().ifPresent(code -> advice.addAll(code.refusals()));
        advice.addAll(Float32Code.refusals());
        advice.addAll(Int8Code.refusals());
        return new Availability.Available(
                List.of(
                        "CPU, "
                                + Runtime.getRuntime().availableProcessors()
                                + " processors, "
                                + Species.BITS
                                + "-bit SIMD, "
                                + float32
                                + "bfloat16 products on "
                                + wish().orElse(BFloat16Code.OFF).description()),
                List.copyOf(advice));
    }

    @Override
    public Availability examine() {
        if (!isThere()) {
            return probe();
        }
        wish().ifPresent(Int8Code::load);
        String float32 = wish().map(Float32Code::description).orElse("the Vector API");
        return available("float32 products on " + float32 + ", ");
    }

    private static Optional<BFloat16Code> wish() {
        String wish = System.getProperty(MACHINE_CODE, "auto");
        return Arrays.stream(BFloat16Code.values()).filter(choice -> choice.name().equalsIgnoreCase(wish)).findFirst();
    }

    private static BFloat16Code machineCode() {
        return wish().orElseThrow(() ->
                new InputException(
                        MACHINE_CODE
                                + ": found "
                                + System.getProperty(MACHINE_CODE)
                                + ", expected auto, amx, avx512 or off (or unset: auto)"));
    }

    /** Whether there is a Vector API: by its module, or as a start of the command line brings it. */
    private static boolean isThere() {
        try {
            Class.forName(VECTOR_MODULE + ".Vector", false, ClassLoader.getPlatformClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static boolean ranWith(String flag) {
        return System.getenv("JAVA_TOOL_OPTIONS") instanceof String options && options.contains(flag);
    }

    @Override
    public Backend open(BackendOptions options) {
        require(options);
        return new VectorBackend(options.threads(), machineCode());
    }

    @Override
    public DryRun dryRun(BackendOptions options) {
        require(options);
        return new VectorDryRun(options.threads(), machineCode());
    }

    private void require(BackendOptions options) {
        if (!options.device().isEmpty() && !options.device().equals("cpu")) {
            throw new InputException(
                    "device: found " + options.device() + ", expected cpu: the vector backend has no other device");
        }
        if (probe() instanceof Availability.Unavailable missing) {
            throw new InputException("backend vector is not available: " + missing.reason() + "; " + missing.remedy());
        }
    }
}
