package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

/** Who sees whom, drawn: a line a position, a column a key. */
class SeenTest {
    private static List<String> drawn(Seen seen, int keys) {
        int[] ranges = seen.ranges();
        List<String> lines = new ArrayList<>();
        for (int at = 0; at < ranges.length; at += 4) {
            StringBuilder line = new StringBuilder();
            for (int key = 0; key < keys; key++) {
                boolean first = key >= ranges[at] && key < ranges[at] + ranges[at + 1];
                boolean second = key >= ranges[at + 2] && key < ranges[at + 2] + ranges[at + 3];
                line.append(first || second ? 'x' : '.');
            }
            lines.add(line.toString());
        }
        return lines;
    }

    @Test
    void atFirstNobodySeesAnybody() {
        assertEquals(List.of("...", "..."), drawn(new Seen(1, 2, 3), 3));
    }

    @Test
    void causalTokensSeeThemselvesAndThoseBefore() {
        assertEquals(List.of("x..", "xx.", "xxx", "x..", "xx.", "xxx"), drawn(Seen.causal(2, 3), 3));
    }

    @Test
    void paddingIsSeenByNobody() {
        assertEquals(List.of("xx.", "xx.", "xx.", "...", "...", "..."), drawn(Seen.lengths(3, 2, 0), 3));
    }

    @Test
    void blocksSeeThemselvesWholeAndThoseBefore() {
        assertEquals(List.of("xx...", "xx...", "xxxx.", "xxxx.", "xxxxx"), drawn(Seen.blockCausal(1, 5, 2), 5));
    }

    @Test
    void documentsOfASequenceDoNotSeeEachOther() {
        List<int[]> documents = List.of(new int[] {2, 1});
        assertEquals(List.of("xx..", "xx..", "..x.", "...."), drawn(Seen.documents(4, false, documents), 4));
        assertEquals(List.of("x...", "xx..", "..x.", "...."), drawn(Seen.documents(4, true, documents), 4));
    }

    @Test
    void blockDiffusionLetsNoisyBlocksSeeTheCleanTextBeforeThem() {
        assertEquals(
                List.of(
                        "xx.|...", // noisy, first block
                        "xx.|...", "..x|xx.", // noisy, second block: itself and the clean first one
                        "...|xx.", // clean, first block
                        "...|xx.", "...|xxx"), // clean, second block
                drawn(Seen.blockDiffusion(1, 3, 2), 6).stream()
                        .map(line -> line.substring(0, 3) + "|" + line.substring(3))
                        .toList());
    }

    @Test
    void keysOutsideOfTheSequenceAreRefused() {
        Seen seen = new Seen(1, 2, 4);
        assertThrows(IndexOutOfBoundsException.class, () -> seen.see(0, 0, 3, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> seen.see(0, 0, -1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> seen.see(0, 0, 0, 4, 2, Integer.MAX_VALUE));
        assertThrows(IndexOutOfBoundsException.class, () -> seen.see(0, 2, 0, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> seen.see(1, 0, 0, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> Seen.lengths(4, 5));
        assertThrows(IndexOutOfBoundsException.class, () -> Seen.documents(4, true, List.of(new int[] {3, 2})));
        assertThrows(IllegalArgumentException.class, () -> Seen.blockCausal(1, 4, 0));
    }
}
