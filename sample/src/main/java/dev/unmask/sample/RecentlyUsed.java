package dev.unmask.sample;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** Keeps the recorded programs that were used last, as long as the memory of their temporaries is small. */
final class RecentlyUsed<K, V> {
    private static final int MOST = 8;
    private static final long MOST_BYTES = 512L << 20;

    private final Map<K, V> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final Function<K, V> maker;
    private final ToLongFunction<V> bytes;

    RecentlyUsed(Function<K, V> maker, ToLongFunction<V> bytes) {
        this.maker = maker;
        this.bytes = bytes;
    }

    V get(K key) {
        V found = entries.get(key);
        if (found != null) {
            return found;
        }
        // Room is made first, so that large programs given up and a large new one need not fit together.
        while (entries.size() >= MOST || bytes() > MOST_BYTES) {
            entries.remove(entries.keySet().iterator().next());
        }
        V made = maker.apply(key);
        entries.put(key, made);
        return made;
    }

    /** What all programs kept hold together. */
    long bytes() {
        return entries.values().stream().mapToLong(bytes).sum();
    }
}
