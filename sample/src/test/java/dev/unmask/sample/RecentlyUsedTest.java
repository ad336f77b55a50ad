package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

class RecentlyUsedTest {
    private final List<Integer> made = new ArrayList<>();

    private RecentlyUsed<Integer, Integer> keeping(long bytes) {
        return new RecentlyUsed<>(
                key -> {
                    made.add(key);
                    return key;
                },
                value -> bytes);
    }

    @Test
    void whatIsKeptIsNotMadeAgain() {
        RecentlyUsed<Integer, Integer> recent = keeping(1);
        IntStream.of(1, 2, 1, 2, 2).forEach(recent::get);
        assertEquals(List.of(1, 2), made);
    }

    @Test
    void theOneNotUsedForLongestMakesRoom() {
        RecentlyUsed<Integer, Integer> recent = keeping(1);
        IntStream.of(1, 2, 3, 4, 5, 6, 7, 8, 1, 9, 1, 2).forEach(recent::get);
        assertEquals(List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 2), made);
    }

    @Test
    void ofThoseThatHoldMuchMemoryOnlyTheLastIsKept() {
        RecentlyUsed<Integer, Integer> recent = keeping(1L << 30);
        IntStream.of(1, 1, 2, 1).forEach(recent::get);
        assertEquals(List.of(1, 2, 1), made);
        assertEquals(1L << 30, recent.bytes());
    }
}
