package dev.unmask.sample;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Keeps the few recorded programs that were used last: each holds the memory of its temporaries. */
final class RecentlyUsed<K, V> {
    private final Map<K, V> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final int limit;
    private final Function<K, V> maker;

    RecentlyUsed(int limit, Function<K, V> maker) {
        this.limit = limit;
        this.maker = maker;
    }

    V get(K key) {
        V found = entries.get(key);
        if (found != null) {
            return found;
        }
        // Room is made first, so that the program given up and the new one need not fit together.
        if (entries.size() == limit) {
            entries.remove(entries.keySet().iterator().next());
        }
        V made = maker.apply(key);
        entries.put(key, made);
        return made;
    }
}
