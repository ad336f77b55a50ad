package dev.unmask.tensor;

import java.util.Locale;

/** Numbers of bytes as people read them. */
public final class ByteSize {
    private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB"};

    private ByteSize() {}

    /**
     * A number of bytes in the largest binary unit of which there is at least one.
     *
     * @param bytes how many, not negative
     * @return for example {@code 512 bytes} or {@code 1.5 GiB}
     */
    public static String of(long bytes) {
        if (bytes < 1024) {
            return bytes + " bytes";
        }
        double amount = bytes;
        int unit = -1;
        while (amount >= 1024 && unit < UNITS.length - 1) {
            amount /= 1024;
            unit++;
        }
        return String.format(Locale.ROOT, "%.1f %s", amount, UNITS[unit]);
    }
}
