package dev.unmask.train.cli;

/**
 * Steps of the demo's twins.
 *
 * @param masked of the one
 * @param autoregressive of the other
 */
record DemoSteps(long masked, long autoregressive) {
    private static final long LEAST = 20;

    DemoSteps times(double factor) {
        return new DemoSteps(
                Math.max(LEAST, Math.round(masked * factor)), Math.max(LEAST, Math.round(autoregressive * factor)));
    }

    DemoSteps plus(DemoSteps more) {
        return new DemoSteps(masked + more.masked, autoregressive + more.autoregressive);
    }

    boolean reachedBy(DemoSteps done) {
        return done.masked >= masked && done.autoregressive >= autoregressive;
    }
}
