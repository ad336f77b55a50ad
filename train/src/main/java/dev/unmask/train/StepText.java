package dev.unmask.train;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.train.data.TokenBlocks;

import java.util.AbstractList;
import java.util.List;

/** Which sequences a step has: a function of the seed, the step and the number of a sequence within it. */
final class StepText {
    private final ModelText text;
    private final TrainerSettings settings;
    private final int blockLength;
    private final int together;
    private final TokenBlocks.Order order;

    /**
     * The sequences of steps.
     *
     * @throws InputException if the text holds none
     */
    StepText(ModelText text, TrainerSettings settings, int blockLength, int together) {
        this.text = text;
        this.settings = settings;
        this.blockLength = blockLength;
        this.together = together;
        if (text.data().blocks(blockLength) == 0) {
            throw new InputException(
                    "training data: found less than one block of "
                            + blockLength
                            + " tokens; use more text or a shorter length");
        }
        this.order = text.data().order(settings.seed(), blockLength);
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
        long block = block(step, index);
        int[] tokens = new int[blockLength];
        text.block(block, blockLength, tokens, 0);
        Objective.Draw draw = new Objective.Draw(settings.seed(), step, index);
        TokenBlocks.Extent extent = text.data().extent(block, blockLength);
        return new Objective.Sequence(tokens, length(step, index), extent.given(), extent.text(), block, draw);
    }

    private long block(long step, int index) {
        return order.block(step * settings.batch() + index);
    }

    /** Some sequences are cut (METHOD §2.3), each for itself, or a few in a row are as long as the longest of them. */
    private int length(long step, int index) {
        if (together > 0) {
            int first = index / together * together;
            int longest = 1;
            for (int i = first; i < Math.min(first + together, settings.batch()); i++) {
                longest = Math.max(longest, text.data().extent(block(step, i), blockLength).text());
            }
            // Of a block that is one longer than the sequence the last token is only predicted.
            return Math.max(1, longest - (blockLength - settings.length()));
        }
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
