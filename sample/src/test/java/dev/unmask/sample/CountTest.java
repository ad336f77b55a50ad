package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

class CountTest {
    private static List<Integer> counts(Count count, int masked) {
        int steps = count.steps(masked);
        List<Integer> counts = new ArrayList<>();
        int left = masked;
        for (int step = 0; step < steps && left > 0; step++) {
            Step now = new Step(step, steps, masked, left, 0, 0, Step.Clock.START, position -> 0.5);
            counts.add(count.most(now, IntStream.range(0, left).toArray()));
            left -= counts.getLast();
        }
        assertEquals(0, left, "positions left masked");
        return counts;
    }

    /** {@code get_num_transfer_tokens} of LLaDA. */
    @Test
    void whatAnEvenSplitLeavesOverIsSpreadOnTheFirstSteps() {
        assertEquals(List.of(3, 3, 2, 2), counts(new Count.EvenSplit(OptionalInt.of(4)), 10));
        assertEquals(List.of(4, 4, 4), counts(new Count.EvenSplit(OptionalInt.of(3)), 12));
        assertEquals(List.of(7), counts(new Count.EvenSplit(OptionalInt.of(1)), 7));
    }

    @Test
    void aPassUnmasksOneTokenIfThereAreEnough() {
        assertEquals(List.of(1, 1), counts(new Count.EvenSplit(OptionalInt.of(12)), 2));
        assertEquals(List.of(1, 1, 1), counts(Count.oneByOne(), 3));
        assertEquals(Collections.nCopies(64, 1), counts(Count.oneByOne().withSteps(Count.MOST_STEPS), 64));
    }

    @Test
    void theFloorOfSmdmIsIdleAtFirstAndCatchesUpInTheLastStep() {
        Count floor = new Count.Smdm(OptionalInt.of(12), Count.Smdm.EPSILON);
        assertEquals(List.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2), counts(floor, 2));
        assertEquals(List.of(2, 2, 2, 2, 2, 2, 3, 4), counts(floor.withSteps(8), 19));
    }

    @Test
    void withoutANumberOfStepsThereAreAsManyAsMaskedPositions() {
        assertEquals(19, counts(new Count.Smdm(OptionalInt.empty(), Count.Smdm.EPSILON), 19).size());
        assertEquals(1, Count.oneByOne().steps(0));
    }
}
