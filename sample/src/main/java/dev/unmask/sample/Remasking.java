package dev.unmask.sample;

/**
 * What becomes of tokens that were placed in earlier steps: masked again, or replaced (METHOD §8.3). Given tokens and
 * those of earlier blocks stay.
 */
public interface Remasking {
    /** Once unmasked, a token never changes. */
    Remasking NONE =
            new Remasking() {
                @Override
                public void revise(Revision revision) {}

                @Override
                public String toString() {
                    return "none";
                }
            };

    /**
     * Whether the model is asked again at the positions of placed tokens.
     *
     * @return whether {@link Revision#proposal} and {@link Revision#score} can be asked of placed tokens
     */
    default boolean looksAgain() {
        return false;
    }

    /**
     * The chance with which a step masks any placed token again, as {@link Count.Ancestral} has to know it.
     *
     * @param time noise level before the step
     * @param next noise level after it
     * @return {@code σ} in [0, 1]
     */
    default double chance(double time, double next) {
        return 0;
    }

    /**
     * Passes that may follow when nothing is masked any more; they end as soon as one changes nothing.
     *
     * @return at least 0
     */
    default int extraPasses() {
        return 0;
    }

    /**
     * Whether {@link #revise} draws nothing.
     *
     * @return whether random numbers change nothing
     */
    default boolean deterministic() {
        return true;
    }

    /**
     * Whether a sequence without masks may change in later steps, so that sampling goes on to the last step.
     *
     * @return whether {@link #revise} masks tokens
     */
    default boolean masksAgain() {
        return false;
    }

    /**
     * Decides what a step does with placed tokens. It may also change how many positions are unmasked.
     *
     * @param revision the step; what is to be done is said to it
     */
    void revise(Revision revision);

    /**
     * ReMDM: each placed token is masked again with a chance of at most {@code σ_max = min(1, (1 - α_s)/α_t)}.
     *
     * @param kind how the chance comes from {@code σ_max}
     * @param eta strength {@code η} in [0, 1]
     */
    record Remdm(Kind kind, double eta) implements Remasking {
        /** How the chance comes from {@code σ_max}. */
        public enum Kind {
            /** {@code min(η, σ_max)}. */
            CAP,
            /** {@code η·σ_max}. */
            RESCALE,
            /** {@code η·softmax(-p)·σ_max}, with {@code p} of each token when it was placed: doubtful tokens first. */
            CONFIDENCE
        }

        /** Checks the number. */
        public Remdm {
            Expect.fraction("remasking strength", eta);
        }

        @Override
        public boolean deterministic() {
            return false;
        }

        @Override
        public boolean masksAgain() {
            return true;
        }

        @Override
        public double chance(double time, double next) {
            return switch (kind) {
                case CAP -> Math.min(eta, most(time, next));
                case RESCALE -> eta * most(time, next);
                case CONFIDENCE -> 0;
            };
        }

        private static double most(double time, double next) {
            return time == 1 ? 1 : Math.min(1, next / (1 - time));
        }

        @Override
        public void revise(Revision revision) {
            Step step = revision.step();
            if (step.last()) {
                return;
            }
            double[] weights = new double[revision.placed()];
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                weights[i] = kind == Kind.CONFIDENCE ? Math.exp(-Math.exp(revision.logConfidence(i))) : 1;
                sum += weights[i];
            }
            for (int i = 0; i < weights.length; i++) {
                double chance =
                        kind == Kind.CONFIDENCE
                                ? eta * weights[i] / sum * most(step.time(), step.nextTime())
                                : step.remasked();
                if (revision.draw(i) < chance) {
                    revision.mask(i);
                }
            }
        }
    }

    /**
     * Path planning by the model itself (P2): as many positions are unmasked after a step as the count says, but the
     * best of all, placed tokens included; a placed token that is not among them is masked again.
     *
     * @param eta what scores of placed tokens, logarithms of probabilities, are multiplied by: 0 keeps them all, 1
     *     treats them like others, more masks more of them again
     */
    record PathPlanning(double eta) implements Remasking {
        /** Checks the number. */
        public PathPlanning {
            Expect.nonNegative("remasking strength", eta);
        }

        @Override
        public boolean looksAgain() {
            return true;
        }

        @Override
        public boolean masksAgain() {
            return true;
        }

        @Override
        public void revise(Revision revision) {
            if (revision.step().last()) {
                return;
            }
            int placed = revision.placed();
            double[] scores = new double[placed + revision.masked()];
            for (int i = 0; i < placed; i++) {
                scores[i] = eta * revision.score(i);
            }
            for (int rank = 0; rank < revision.masked(); rank++) {
                scores[placed + rank] = revision.maskedScore(rank);
            }
            int kept = placed + revision.taken();
            int[] best = Ranking.best(scores, kept);
            boolean[] stays = new boolean[scores.length];
            for (int entry : best) {
                stays[entry] = true;
            }
            int taken = 0;
            for (int i = 0; i < scores.length; i++) {
                if (i >= placed) {
                    taken += stays[i] ? 1 : 0;
                } else if (!stays[i]) {
                    revision.mask(i);
                }
            }
            revision.take(taken);
        }
    }

    /**
     * Token editing (LLaDA 2.1): a placed token is replaced where the model is sure of another one.
     *
     * @param threshold {@code p} of the other token must be above it
     * @param extraPasses passes at the most after everything is unmasked
     */
    record Editing(double threshold, int extraPasses) implements Remasking {
        /** What LLaDA 2.1 takes. */
        public static final Editing PUBLISHED = new Editing(0.9, 16);

        /** Checks the numbers. */
        public Editing {
            Expect.fraction("editing threshold", threshold);
            Expect.atLeast("extra passes", extraPasses, 0);
        }

        @Override
        public boolean looksAgain() {
            return true;
        }

        @Override
        public void revise(Revision revision) {
            for (int i = 0; i < revision.placed(); i++) {
                if (revision.proposal(i) != revision.token(i)
                        && Math.exp(revision.proposalLogConfidence(i)) > threshold) {
                    revision.replace(i);
                }
            }
        }
    }
}
