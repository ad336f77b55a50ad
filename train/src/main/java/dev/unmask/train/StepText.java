package dev.unmask.train;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import java.util.AbstractList;
import java.util.List;

/** Which sequences a step has: a function of the seed, the step and the number of a sequence within it. */
final class StepText {
    private final ModelText text;
    private final TrainerSettings settings;
    private final int blockLength;
    private final long blocks;

    /**
     * The sequences of steps.
     *
     * @throws InputException if the text holds none
     */
    StepText(ModelText text, TrainerSettings settings, int blockLength) {
        this.text = text;
        this.settings = settings;
        this.blockLength = blockLength;
        this.blocks = text.data().blocks(blockLength);
        if (blocks == 0) {
            throw new InputException(
                    "training data: found less than one block of "
                            + blockLength
                            + " tokens; use more text or a shorter length");
        }
    }

    /** The sequences of a step, each read when it is asked for. */
    List<Objective.Sequence> step(long step) {
        return new AbstractList<>() {
            @Override
            public Objective.Sequence get(int index) {
                return sequence(step, index);
            }

            @Override
            public int size() {
                return settings.batch();
            }
        };
    }

    private Objective.Sequence sequence(long step, int index) {
        long number = step * settings.batch() + index;
        long block = Philox.permute(settings.seed(), number / blocks, blocks, number % blocks);
        int[] tokens = new int[blockLength];
        text.block(block, blockLength, tokens, 0);
        Objective.Draw draw = new Objective.Draw(settings.seed(), step, index);
        return new Objective.Sequence(tokens, length(step, index), block, draw);
    }

    /** Some sequences are cut (METHOD §2.3), each for itself. */
    private int length(long step, int index) {
        boolean cut = Philox.uniform53(settings.seed(), Purpose.LENGTH, step, 2L * index) < settings.shortRatio();
        return cut
                ? 1 + (int) Philox.bounded(settings.seed(), Purpose.LENGTH, step, 2L * index + 1, settings.length())
                : settings.length();
    }

    /** Positions that the sequences of a step use. */
    long tokens(long step) {
        long tokens = 0;
        for (int i = 0; i < settings.batch(); i++) {
            tokens += length(step, i);
        }
        return tokens;
    }
}
