package dev.unmask.tornado;

import java.util.Map;
import java.util.TreeMap;

/** Which elements of an array are in use: first fit, neighbours that are free become one. */
final class Space {
    private static final int ALIGNMENT = 16;

    private final TreeMap<Integer, Integer> free = new TreeMap<>();
    private int capacity;
    private int used;
    private int reached;

    Space(int reserved, int capacity) {
        this.capacity = capacity;
        free.put(reserved, capacity - reserved);
    }

    int capacity() {
        return capacity;
    }

    /** Elements in use. */
    long used() {
        return used;
    }

    /** The end of the last element that has ever been in use. */
    int reached() {
        return reached;
    }

    /** Elements at the end that are free. */
    int freeAtEnd() {
        Map.Entry<Integer, Integer> last = free.lastEntry();
        return last != null && last.getKey() + last.getValue() == capacity ? last.getValue() : 0;
    }

    /** What a block of some elements takes. */
    static long rounded(long elements) {
        return Math.max(ALIGNMENT, (elements + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    }

    /** An address with room for some elements, or none. */
    int allocate(int elements) {
        int size = (int) rounded(elements);
        for (Map.Entry<Integer, Integer> gap : free.entrySet()) {
            int address = gap.getKey();
            int length = gap.getValue();
            if (length >= size) {
                free.remove(address);
                if (length > size) {
                    free.put(address + size, length - size);
                }
                used += size;
                reached = Math.max(reached, address + size);
                return address;
            }
        }
        return Arguments.NONE;
    }

    void release(int address, int elements) {
        int size = (int) rounded(elements);
        used -= size;
        put(address, size);
    }

    private void put(int address, int elements) {
        int start = address;
        int length = elements;
        Map.Entry<Integer, Integer> before = free.lowerEntry(address);
        if (before != null && before.getKey() + before.getValue() == address) {
            start = before.getKey();
            length += before.getValue();
        }
        Integer after = free.remove(address + elements);
        if (after != null) {
            length += after;
        }
        free.put(start, length);
    }

    /** Adds elements at the end. */
    void grow(int newCapacity) {
        int old = capacity;
        capacity = newCapacity;
        put(old, newCapacity - old);
    }
}
