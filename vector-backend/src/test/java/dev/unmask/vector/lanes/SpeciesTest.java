package dev.unmask.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;

class SpeciesTest {
    @Test
    void theWidthIsTheMachinesWithinLimitsUnlessForced() {
        assertEquals(256, Species.bits(0, 256));
        assertEquals(128, Species.bits(0, 64));
        assertEquals(512, Species.bits(0, 2048));
        assertEquals(128, Species.bits(128, 512));
        String refusal = assertThrows(InputException.class, () -> Species.bits(192, 512)).getMessage();
        assertTrue(refusal.contains("192"), refusal);
    }

    @Test
    void theWidthOfThisRunIsTheOneAskedFor() {
        int asked = Integer.getInteger(Species.PROPERTY, Species.BITS);
        assertEquals(asked, Species.BITS);
        assertEquals(asked / 32, Species.LANES);
        assertEquals(Species.LANES, Species.HALVES.length());
    }
}
