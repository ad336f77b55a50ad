package dev.unmask.tornado;

import java.util.ArrayList;
import java.util.List;

/** Which elements of the arrays of floats are in use. A block lies in one of them: in the first with room for it. */
final class BankSpaces {
    private final List<Space> spaces = new ArrayList<>();
    private final boolean inTurns;
    private int turn;

    /**
     * Arrays without anything in them.
     *
     * @param lengths of each
     * @param inTurns whether blocks take turns among the arrays, as tests would have it
     */
    BankSpaces(List<Integer> lengths, boolean inTurns) {
        lengths.forEach(this::add);
        this.inTurns = inTurns;
    }

    /** One more array. */
    void add(int length) {
        spaces.add(new Space(0, length));
    }

    /** Makes one array longer. */
    void grow(int bank, int length) {
        spaces.get(bank).grow(length);
    }

    /** How long each array is. */
    List<Integer> lengths() {
        return spaces.stream().map(Space::capacity).toList();
    }

    /** How much of each array has been in use, up to where. */
    List<Integer> reached() {
        return spaces.stream().map(Space::reached).toList();
    }

    /** Elements in use. */
    long used() {
        return spaces.stream().mapToLong(Space::used).sum();
    }

    /** Elements at the end of an array that are free. */
    int freeAtEnd(int bank) {
        return spaces.get(bank).freeAtEnd();
    }

    /** Where there is room for some elements, or {@link Arguments#NONE}. */
    long allocate(int elements) {
        int first = inTurns ? turn++ : 0;
        for (int i = 0; i < spaces.size(); i++) {
            int bank = Math.floorMod(first + i, spaces.size());
            int place = spaces.get(bank).allocate(elements);
            if (place >= 0) {
                return Address.of(bank, place);
            }
        }
        return Arguments.NONE;
    }

    void release(long address, int elements) {
        spaces.get(Address.bank(address)).release(Address.place(address), elements);
    }
}
