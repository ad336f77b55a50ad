package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.common.TornadoDevice;

import java.util.Locale;

/**
 * A device that one of TornadoVM's drivers found.
 *
 * @param number {@code driver:device}
 * @param driven how TornadoVM knows it
 */
record TornadoDrivenDevice(String number, TornadoDevice driven) implements Device {
    @Override
    public String description() {
        return String.format(
                Locale.ROOT,
                "%s, %s, %d MiB, at most %d MiB in one piece",
                name(),
                driven.getTornadoVMBackend(),
                memoryBytes() >> 20,
                largestArrayBytes() >> 20);
    }

    @Override
    public String name() {
        return driven.getPhysicalDevice().getDeviceName();
    }

    @Override
    public long memoryBytes() {
        return driven.getPhysicalDevice().getDeviceGlobalMemorySize();
    }

    @Override
    public long largestArrayBytes() {
        return driven.getMaxAllocMemory();
    }

    @Override
    public boolean hasCudaGraphs() {
        return switch (driven.getTornadoVMBackend()) {
            case CUDA, PTX -> true;
            default -> false;
        };
    }

    @Override
    public DevicePlan plan(int floatElements, int wordElements) {
        return new TornadoPlan(driven, floatElements, wordElements);
    }
}
