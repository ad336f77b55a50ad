package dev.unmask.train;

/**
 * Knows losses and norms of gradients of the steps before, and whether another one stands out. What it knows is a
 * function of the steps that were made, in their order, so that a run that goes on tells it those that its metrics
 * hold.
 */
final class SpikeGuard {
    /** Steps that a mean is taken over. */
    private static final int WINDOW = 128;

    /** With fewer a deviation means little. */
    private static final int LEAST = 32;

    private final SpikeSettings settings;
    private final Window losses = new Window();
    private final Window norms = new Window();
    private int inARow;

    private static final class Window {
        private final double[] values = new double[WINDOW];
        private long count;

        void add(double value) {
            if (Double.isFinite(value)) {
                values[(int) (count++ % WINDOW)] = value;
            }
        }

        /** Standard deviations above the mean; 0 as long as too few are known. */
        double standsOut(double value) {
            int known = (int) Math.min(count, WINDOW);
            if (known < LEAST) {
                return 0;
            }
            double sum = 0;
            for (int i = 0; i < known; i++) {
                sum += values[i];
            }
            double mean = sum / known;
            double squares = 0;
            for (int i = 0; i < known; i++) {
                squares += (values[i] - mean) * (values[i] - mean);
            }
            double deviation = Math.sqrt(squares / known);
            return deviation > 0 ? (value - mean) / deviation : 0;
        }
    }

    SpikeGuard(SpikeSettings settings) {
        this.settings = settings;
    }

    /** Tells a step that was made before. */
    void knows(double loss, double norm) {
        losses.add(loss);
        norms.add(norm);
    }

    /**
     * Whether a step is to make no update; it is known from then on.
     *
     * @return true if it has no numbers or stands out, and not too many have before it, one after the other
     */
    boolean leavesOut(double loss, double norm) {
        boolean numbers = Double.isFinite(loss) && Double.isFinite(norm);
        boolean spike =
                numbers
                        && settings.deviations() > 0
                        && (losses.standsOut(loss) > settings.deviations()
                                || norms.standsOut(norm) > settings.deviations());
        knows(loss, norm);
        boolean out = settings.most() > 0 && (!numbers || spike);
        inARow = out ? inARow + 1 : 0;
        return out;
    }

    /** Whether more steps in a row were left out than may be. */
    boolean isTooMany() {
        return inARow > settings.most();
    }
}
