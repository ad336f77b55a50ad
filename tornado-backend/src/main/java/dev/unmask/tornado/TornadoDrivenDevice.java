package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.common.TornadoDevice;

import java.util.Locale;

/**
 * A device that one of TornadoVM's drivers found.
 *
 * @param number {@code driver:device}
 * @param driven how TornadoVM knows it
 * @param acceleration what makes it fast
 */
record TornadoDrivenDevice(String number, TornadoDevice driven, Acceleration acceleration) implements Device {
    /** By name, as the drivers differ between versions of TornadoVM. */
    private static final String CUDA = "CUDA";

    static TornadoDrivenDevice of(String number, TornadoDevice driven) {
        boolean isCuda = driven.getTornadoVMBackend().name().equals(CUDA);
        return new TornadoDrivenDevice(number, driven, isCuda ? Acceleration.ofCuda() : Acceleration.none());
    }

    @Override
    public String description() {
        return String.format(
                Locale.ROOT,
                "%s, %s, %d MiB, at most %d MiB in one piece%s%s%s",
                name(),
                driven.getTornadoVMBackend(),
                memoryBytes() >> 20,
                largestArrayBytes() >> 20,
                acceleration.products().map(library -> ", products by " + library.name()).orElse(""),
                acceleration.attention().map(library -> ", attention by " + library.name()).orElse(""),
                acceleration.captures() ? ", CUDA graphs" : "");
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
    public DevicePlan plan(Lengths lengths) {
        return new TornadoPlan(driven, acceleration, lengths);
    }
}
