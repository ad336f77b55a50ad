package dev.unmask.train;

import dev.unmask.tensor.InputException;

import java.util.Locale;

/** How many steps a budget pays for (METHOD §2.4). */
public final class RunLength {
    private static final int FLOPS_A_PARAMETER = 6;

    private RunLength() {}

    /**
     * Tokens that a sequence has on average where some are cut to random lengths.
     *
     * @param length of those that are not cut
     * @param shortRatio part of them that are
     * @return {@code T·(1 - r) + r·(1 + T)/2}
     */
    public static double averageLength(int length, double shortRatio) {
        return length * (1 - shortRatio) + shortRatio * (1 + length) / 2;
    }

    /**
     * Steps by a number of floating-point operations {@code C = 6·N·D}.
     *
     * @param flops {@code C}
     * @param parameters {@code N}, without embedding and head
     * @param batch sequences of a step
     * @param averageLength tokens of a sequence
     * @return {@code C / (6·N·batch·length)}, rounded down
     * @throws InputException if that is not one step
     */
    public static long ofFlops(double flops, long parameters, int batch, double averageLength) {
        double steps = flops / ((double) FLOPS_A_PARAMETER * parameters * batch * averageLength);
        if (!(steps >= 1 && steps < Long.MAX_VALUE)) {
            throw new InputException(
                    String.format(
                            Locale.ROOT,
                            "flops: found %.3g, expected at least the %.3g of one step",
                            flops,
                            (double) FLOPS_A_PARAMETER * parameters * batch * averageLength));
        }
        return (long) steps;
    }

    /**
     * Steps by a number of epochs.
     *
     * @param sequences of an epoch
     * @param epochs how often each is seen
     * @param batch sequences of a step
     * @return {@code sequences·epochs / batch}, rounded down, at least 1
     */
    public static long ofEpochs(long sequences, double epochs, int batch) {
        return Math.max(1, (long) (sequences * epochs / batch));
    }

    /**
     * The operations of a run.
     *
     * @param parameters {@code N}, without embedding and head
     * @param tokens {@code D}
     * @return {@code 6·N·D}
     */
    public static double flops(long parameters, double tokens) {
        return (double) FLOPS_A_PARAMETER * parameters * tokens;
    }
}
