package dev.unmask.sample;

/** Numbers the steps of several samplings one after the other as if they were of one. */
final class Phases implements SamplingListener {
    private final SamplingListener to;
    private int before;
    private int next;

    Phases(SamplingListener to) {
        this.to = to;
    }

    @Override
    public void onStep(SamplingStep step) {
        if (step.index() == 0) {
            before = next;
        }
        next = before + step.index() + 1;
        to.onStep(new SamplingStep(before + step.index(), before + step.steps(), step.sequences()));
    }

    @Override
    public boolean cancelled() {
        return to.cancelled();
    }
}
