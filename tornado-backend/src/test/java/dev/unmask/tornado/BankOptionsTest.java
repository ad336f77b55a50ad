package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

class BankOptionsTest {
    @AfterEach
    void clear() {
        System.clearProperty(BankOptions.FLAG);
    }

    @Test
    void arraysThatAreThereForTheFlagAloneAreAsLongAsTheFirst() {
        System.setProperty(BankOptions.FLAG, "3");
        BankOptions options = BankOptions.fromFlag();
        assertEquals(List.of(5, 5, 5), options.atLeast(new Lengths(List.of(5), 7)).floats());
        assertEquals(List.of(5, 6, 7, 8), options.atLeast(new Lengths(List.of(5, 6, 7, 8), 7)).floats());
    }

    @Test
    void withTheFlagBlocksTakeTurns() {
        BankSpaces spaces = new BankSpaces(List.of(64, 64, 64), true);
        assertEquals(Address.of(0, 0), spaces.allocate(16));
        assertEquals(Address.of(1, 0), spaces.allocate(16));
        assertEquals(Address.of(2, 0), spaces.allocate(64));
        assertEquals(Address.of(0, 16), spaces.allocate(16));
        assertEquals(List.of(32, 16, 64), spaces.reached());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "9", "-1", "", "two"})
    void aNumberOfArraysThatCannotBeIsRefused(String number) {
        System.setProperty(BankOptions.FLAG, number);
        assertEquals(
                "-Dunmask.tornado.banks: found " + number + ", expected 1 to 8",
                assertThrows(InputException.class, BankOptions::fromFlag).getMessage());
    }
}
