package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.TornadoBackend;
import uk.ac.manchester.tornado.api.TornadoRuntime;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.runtime.TornadoRuntimeProvider;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The devices that TornadoVM's drivers found, named {@code driver:device} as TornadoVM does. */
final class Devices {
    /** One device and what it is called. */
    record Named(String number, TornadoDevice device) {}

    /** Found once, since TornadoVM makes a new object for a device each time. */
    private static final class Found {
        static final List<Named> DEVICES = find();
    }

    private Devices() {}

    /** All devices, the first driver's first. */
    static List<Named> all() {
        return Found.DEVICES;
    }

    private static List<Named> find() {
        TornadoRuntime runtime = TornadoRuntimeProvider.getTornadoRuntime();
        List<Named> devices = new ArrayList<>();
        for (int driver = 0; driver < runtime.getNumBackends(); driver++) {
            TornadoBackend backend = runtime.getBackend(driver);
            for (int i = 0; i < backend.getNumDevices(); i++) {
                devices.add(new Named(driver + ":" + i, backend.getDevice(i)));
            }
        }
        return List.copyOf(devices);
    }

    /** One line of what a device is. */
    static String describe(TornadoDevice device) {
        return String.format(
                Locale.ROOT,
                "%s, %s, %d MiB, at most %d MiB in one piece",
                device.getPhysicalDevice().getDeviceName(),
                device.getTornadoVMBackend(),
                device.getPhysicalDevice().getDeviceGlobalMemorySize() >> 20,
                device.getMaxAllocMemory() >> 20);
    }
}
