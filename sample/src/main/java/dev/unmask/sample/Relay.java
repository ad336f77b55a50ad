package dev.unmask.sample;

import java.util.function.Consumer;

/** Passes steps on to a listener, and looks at them first. */
record Relay(SamplingListener to, Consumer<SamplingStep> look) implements SamplingListener {
    static SamplingListener of(SamplingListener to, Consumer<SamplingStep> look) {
        return new Relay(to, look);
    }

    @Override
    public void onStep(SamplingStep step) {
        look.accept(step);
        to.onStep(step);
    }

    @Override
    public boolean cancelled() {
        return to.cancelled();
    }
}
