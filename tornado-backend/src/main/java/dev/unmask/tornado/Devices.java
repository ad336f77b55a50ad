package dev.unmask.tornado;

import dev.unmask.tensor.InputException;

import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The devices that TornadoVM's drivers found, named {@code driver:device} as TornadoVM does. */
final class Devices {
    private static final String PREFIX = "tornado:";

    /** Found once, since TornadoVM makes a new object for a device each time. */
    private static final class Found {
        static final List<Device> DEVICES = find();
    }

    private Devices() {}

    /** All devices, the first driver's first. */
    static List<Device> all() {
        return Found.DEVICES;
    }

    private static List<Device> find() {
        // Kernels are called by what TornadoVM takes for kernels, and it refuses large methods that are called.
        setUnlessSet("tornado.compiler.fullInlining", "True");
        // The CUDA driver would pin the twin of every array on the host, all of it.
        setUnlessSet("tornado.cuda.host.pinning", "false");
        TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
        List<Device> devices = new ArrayList<>();
        for (int driver = 0; driver < runtime.getNumBackends(); driver++) {
            TornadoBackend backend = runtime.getBackend(driver);
            for (int i = 0; i < backend.getNumDevices(); i++) {
                devices.add(TornadoDrivenDevice.of(driver + ":" + i, backend.getDevice(i)));
            }
        }
        return List.copyOf(devices);
    }

    /** An option of TornadoVM, which reads it when its classes are loaded. */
    private static void setUnlessSet(String option, String value) {
        if (System.getProperty(option) == null) {
            System.setProperty(option, value);
        }
    }

    /**
     * One of some devices.
     *
     * @param devices what there is, at least one
     * @param wanted {@code driver:device}, with or without {@code tornado:} before it; empty: the first of the CUDA
     *     driver, or else the first, as a GPU of NVIDIA may have two drivers
     * @throws InputException if there is no such device; the message lists those there are
     */
    static Device choose(List<Device> devices, String wanted) {
        String number = wanted.startsWith(PREFIX) ? wanted.substring(PREFIX.length()) : wanted;
        if (number.isEmpty()) {
            return devices.stream()
                    .filter(device -> device.acceleration().isNative())
                    .findFirst()
                    .orElse(devices.getFirst());
        }
        return devices.stream()
                .filter(device -> device.number().equals(number))
                .findFirst()
                .orElseThrow(() ->
                        new InputException(
                                "device: found "
                                        + wanted
                                        + ", expected one of "
                                        + devices.stream().map(Devices::named).collect(Collectors.joining(", "))));
    }

    private static String named(Device device) {
        return PREFIX + device.number() + " (" + device.name() + ")";
    }

    /** What {@code unmask backends} prints of a device. */
    static String line(Device device) {
        return PREFIX + device.number() + " " + device.description();
    }
}
