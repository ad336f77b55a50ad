package dev.unmask.tornado;

/** A device did not give longer arrays; those it had are there again, in a plan of their own. */
final class LongerPlanRefused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient DevicePlan kept;

    LongerPlanRefused(DevicePlan kept, Throwable cause) {
        super(cause.getMessage(), cause);
        this.kept = kept;
    }

    /** What to go on with. */
    DevicePlan kept() {
        return kept;
    }
}
