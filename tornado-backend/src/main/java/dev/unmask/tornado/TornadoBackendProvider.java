package dev.unmask.tornado;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.DryRun;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Finds the devices of TornadoVM; {@code --backend tornado}, {@code --device 0:1} for its second device. */
public final class TornadoBackendProvider implements BackendProvider {
    private static final String RUNTIME_PROPERTY = "tornado.load.runtime.implementation";
    private static final Logger LOG = System.getLogger(TornadoBackendProvider.class.getName());
    private static final String BAILOUT_PROPERTY = "tornado.recover.bailout";

    /** What the self-test found, by device, once in a process. */
    private static final Map<Device, List<String>> WRONG = new ConcurrentHashMap<>();

    /** For {@link java.util.ServiceLoader}. */
    public TornadoBackendProvider() {}

    @Override
    public String name() {
        return TornadoBackend.NAME;
    }

    @Override
    public Availability probe() {
        if (System.getProperty(RUNTIME_PROPERTY) == null) {
            return new Availability.Unavailable(
                    "this JVM was started without TornadoVM's options",
                    "install TornadoVM (sdk install tornadovm 5.2.0-jdk25-opencl), set TORNADOVM_HOME, and start with"
                            + " ./unmask or with java @$TORNADOVM_HOME/tornado-argfile -D"
                            + BAILOUT_PROPERTY
                            + "=False");
        }
        if (!"false".equalsIgnoreCase(System.getProperty(BAILOUT_PROPERTY))) {
            return new Availability.Unavailable(
                    "TornadoVM would silently run in plain Java, and wrongly, what it cannot compile",
                    "start with -D" + BAILOUT_PROPERTY + "=False, as ./unmask does");
        }
        List<Device> devices;
        try {
            DeviceLimits.tornadoLimit();
            GraphOptions.fromFlag();
            BankOptions.fromFlag();
            devices = Devices.all();
        } catch (InputException e) {
            return new Availability.Unavailable(e.getMessage(), "mend the option");
        } catch (RuntimeException | LinkageError e) {
            return new Availability.Unavailable(
                    "TornadoVM's runtime did not start: " + (e.getCause() == null ? e : e.getCause()),
                    "check that TORNADOVM_HOME is an SDK for this machine, and its driver (OpenCL, CUDA) is installed");
        }
        if (devices.isEmpty()) {
            return new Availability.Unavailable(
                    "TornadoVM found no device",
                    "install the driver of the GPU; clinfo or nvidia-smi should name it. For a CPU, install PoCL");
        }
        return new Availability.Available(
                devices.stream().map(Devices::line).toList(),
                devices.stream()
                        .flatMap(device ->
                                device.acceleration().reasons().stream()
                                        .map(reason -> "tornado:" + device.number() + ": " + reason))
                        .toList());
    }

    /** TornadoVM keeps all its buffers in memory of which it takes a part at once. */
    @Override
    public boolean takesInAdvance() {
        return true;
    }

    @Override
    public Backend open(BackendOptions options) {
        return open(device(options));
    }

    @Override
    public DryRun dryRun(BackendOptions options) {
        return new TornadoDryRun(device(options));
    }

    private Device device(BackendOptions options) {
        if (probe() instanceof Availability.Unavailable missing) {
            throw new InputException("backend tornado is not available: " + missing.reason() + "; " + missing.remedy());
        }
        return Devices.choose(Devices.all(), options.device());
    }

    private static List<String> wrong(Device device, Backend backend) {
        Acceleration acceleration = device.acceleration();
        List<String> before = acceleration.reasons();
        List<String> wrong = acceleration.suspendedDuring(() -> SelfTest.wrongKernels(backend));
        if (wrong.isEmpty()) {
            SelfTest.test(acceleration, backend);
        }
        acceleration.reasons().stream()
                .filter(reason -> !before.contains(reason))
                .forEach(reason -> LOG.log(Level.WARNING, device.name() + ": " + reason));
        return wrong;
    }

    /** Opens a device, if it computes what it should. */
    static Backend open(Device device) {
        return tested(device, new TornadoBackend(device));
    }

    /** Opens a device with so much room, if it computes what it should. */
    static Backend open(Device device, Lengths planned) {
        return tested(device, new TornadoBackend(device, planned));
    }

    private static Backend tested(Device device, TornadoBackend backend) {
        boolean known = WRONG.containsKey(device);
        List<String> wrong = WRONG.computeIfAbsent(device, tested -> wrong(tested, backend));
        if (!wrong.isEmpty()) {
            backend.close();
            throw new InputException(
                    "backend tornado: "
                            + device.description()
                            + " does not compute what it should: "
                            + String.join("; ", wrong)
                            + "; use another device (--device), another driver of TornadoVM, or --backend vector");
        }
        if (!known) {
            backend.collect();
        }
        return backend;
    }
}
