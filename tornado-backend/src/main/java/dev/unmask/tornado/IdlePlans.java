package dev.unmask.tornado;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The last plan of each device that a closed backend left behind, for the next backend: it takes seconds to compile the
 * kernels, and TornadoVM keeps the memory of a plan anyway.
 */
final class IdlePlans {
    private static final Map<Device, DevicePlan> IDLE = new IdentityHashMap<>();

    private IdlePlans() {}

    static synchronized Optional<DevicePlan> take(Device device) {
        return Optional.ofNullable(IDLE.remove(device));
    }

    static synchronized void give(Device device, DevicePlan plan) {
        DevicePlan before = IDLE.put(device, plan);
        if (before != null) {
            before.close();
        }
    }
}
