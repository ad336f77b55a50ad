package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.common.TornadoDevice;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The last plan of each device that a closed backend left behind, for the next backend: it takes seconds to compile the
 * kernels, and TornadoVM keeps the memory of a plan anyway.
 */
final class IdlePlans {
    private static final Map<TornadoDevice, DevicePlan> IDLE = new IdentityHashMap<>();

    private IdlePlans() {}

    static synchronized Optional<DevicePlan> take(TornadoDevice device) {
        return Optional.ofNullable(IDLE.remove(device));
    }

    static synchronized void give(TornadoDevice device, DevicePlan plan) {
        DevicePlan before = IDLE.put(device, plan);
        if (before != null) {
            before.close();
        }
    }
}
