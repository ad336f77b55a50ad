package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SpaceTest {
    @Test
    void neighboursThatAreFreeBecomeOne() {
        Space space = new Space(0, 96);
        int first = space.allocate(32);
        int second = space.allocate(17);
        int third = space.allocate(32);
        assertEquals(Arguments.NONE, space.allocate(1));
        space.release(first, 32);
        space.release(third, 32);
        assertEquals(Arguments.NONE, space.allocate(33));
        space.release(second, 17);
        assertEquals(0, space.allocate(96));
        assertEquals(96, space.used());
    }

    @Test
    void whatIsFreeAtTheEndIsKnownAndGrows() {
        Space space = new Space(16, 64);
        assertEquals(48, space.freeAtEnd());
        int all = space.allocate(48);
        assertEquals(0, space.freeAtEnd());
        space.grow(128);
        assertEquals(64, space.freeAtEnd());
        space.release(all, 48);
        assertEquals(112, space.freeAtEnd());
    }

    @Test
    void aBlockIsRoundedUp() {
        assertEquals(16, Space.rounded(0));
        assertEquals(16, Space.rounded(16));
        assertEquals(32, Space.rounded(17));
        assertEquals(4_000_000_000L, Space.rounded(3_999_999_999L));
    }
}
