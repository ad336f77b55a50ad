package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;

/** A sequence of a batch that nobody waits for any more. */
class CancelledSequenceTest {
    private final MaskedSampler sampler = new MaskedSampler(JointDenoiser.entangled(5));

    private static MaskedSequence blank(int stream) {
        int[] ids = new int[5];
        Arrays.fill(ids, JointDenoiser.MASK);
        return new MaskedSequence(ids, new BitSet(), stream);
    }

    /** Lets some sequences go after a number of steps. */
    private static final class Leaving implements SamplingListener {
        private final BitSet sequences;
        private final int after;
        private int steps;

        Leaving(BitSet sequences, int after) {
            this.sequences = sequences;
            this.after = after;
        }

        @Override
        public void onStep(SamplingStep step) {
            steps++;
        }

        @Override
        public boolean cancelled(int sequence) {
            return steps >= after && sequences.get(sequence);
        }
    }

    @Test
    void staysAsItIsWhileTheOthersGoOnAsIfNothingHadHappened() {
        SamplerSettings drawn = SamplerSettings.defaults().withTemperature(1).withOrder(Order.RANDOM).withSeed(3);
        List<MaskedSequence> batch = List.of(blank(0), blank(1), blank(2));
        BitSet gone = new BitSet();
        gone.set(1);
        List<Sample> found = sampler.sample(batch, drawn, new Leaving(gone, 2));
        List<Sample> all = sampler.sample(batch, drawn);
        assertEquals(3, Arrays.stream(found.get(1).ids()).filter(id -> id == JointDenoiser.MASK).count());
        assertEquals(2, found.get(1).evaluations());
        for (int other : new int[] {0, 2}) {
            assertArrayEquals(all.get(other).ids(), found.get(other).ids());
        }
    }

    @Test
    void whereAllHaveGoneSamplingEnds() {
        BitSet gone = new BitSet();
        gone.set(0, 2);
        Leaving leaving = new Leaving(gone, 1);
        sampler.sample(List.of(blank(0), blank(1)), SamplerSettings.defaults(), leaving);
        assertTrue(leaving.steps <= 2, "steps: " + leaving.steps);
    }

    @Test
    void onlyRulesThatDrawDependOnTheSeed() {
        SamplerSettings plain = SamplerSettings.defaults();
        assertTrue(plain.deterministic());
        assertTrue(plain.withRemasking(new Remasking.PathPlanning(1)).deterministic());
        assertFalse(plain.withTemperature(0.1).deterministic());
        assertFalse(plain.withOrder(Order.RANDOM).deterministic());
        assertFalse(plain.withOrder(Order.MARGIN.randomized(1)).deterministic());
        assertFalse(plain.withCount(new Count.Ancestral(OptionalInt.empty(), 1e-3)).deterministic());
        assertFalse(plain.withRemasking(new Remasking.Remdm(Remasking.Remdm.Kind.CAP, 0.1)).deterministic());
    }
}
