package dev.unmask.vector.gemm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Sizes of the data caches, in bytes.
 *
 * @param level2 of one core
 * @param level3 of the processor
 */
record CacheSizes(long level2, long level3) {
    /** What to count on where the system does not tell. */
    static final CacheSizes DEFAULTS = new CacheSizes(1 << 20, 16 << 20);

    /** This machine's, read once. */
    static final CacheSizes HERE = read(Path.of("/sys/devices/system/cpu/cpu0/cache"));

    /** Reads the folder in which Linux describes the caches of a core. */
    static CacheSizes read(Path folder) {
        long[] sizes = {0, 0, DEFAULTS.level2, DEFAULTS.level3};
        for (int index = 0; index < 8; index++) {
            Path cache = folder.resolve("index" + index);
            try {
                if (Files.exists(cache) && !line(cache, "type").equals("Instruction")) {
                    int level = Integer.parseInt(line(cache, "level"));
                    OptionalLong bytes = parse(line(cache, "size"));
                    if (level == 2 || level == 3) {
                        sizes[level] = bytes.orElse(sizes[level]);
                    }
                }
            } catch (IOException | NumberFormatException unreadable) {
                // A size only steers how work is cut: the default serves.
                continue;
            }
        }
        return new CacheSizes(sizes[2], sizes[3]);
    }

    private static String line(Path cache, String name) throws IOException {
        return Files.readString(cache.resolve(name)).strip();
    }

    private static OptionalLong parse(String size) {
        if (!size.matches("[1-9][0-9]{0,8}[KM]?")) {
            return OptionalLong.empty();
        }
        long unit = size.endsWith("K") ? 1 << 10 : size.endsWith("M") ? 1 << 20 : 1;
        return OptionalLong.of(Long.parseLong(size.replaceAll("[KM]", "")) * unit);
    }
}
