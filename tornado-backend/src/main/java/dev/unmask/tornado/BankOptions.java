package dev.unmask.tornado;

import dev.unmask.tensor.InputException;

import java.util.Collections;
import java.util.stream.Stream;

/**
 * How many arrays of floats there are at least. More than are needed are for tests: tensors and pages of temporaries
 * then take turns among them.
 *
 * @param atLeast so many
 */
record BankOptions(int atLeast) {
    /** The flag for the number. */
    static final String FLAG = "unmask.tornado.banks";

    /** Of a page of temporaries where tensors take turns. */
    private static final int SMALL_PAGE = 1 << 12;

    /**
     * What the flag says.
     *
     * @throws InputException if it says nothing that it should
     */
    static BankOptions fromFlag() {
        String banks = System.getProperty(FLAG, "1");
        if (!banks.matches("[1-" + Banks.MOST + "]")) {
            throw new InputException("-D" + FLAG + ": found " + banks + ", expected 1 to " + Banks.MOST);
        }
        return new BankOptions(Integer.parseInt(banks));
    }

    boolean inTurns() {
        return atLeast > 1;
    }

    /** The lengths of arrays; those that are there only because of the flag are as long as the first. */
    Lengths atLeast(Lengths planned) {
        int more = atLeast - planned.floats().size();
        return more <= 0
                ? planned
                : new Lengths(
                        Stream.concat(
                                        planned.floats().stream(),
                                        Collections.nCopies(more, planned.floats().getFirst()).stream())
                                .toList(),
                        planned.words());
    }

    /** Elements of a page of temporaries on a device. */
    int pageElements(Device device) {
        return inTurns() ? SMALL_PAGE : DeviceLimits.mostElementsOfBank(device) / 4;
    }
}
