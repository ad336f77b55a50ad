package dev.unmask.sample;

import java.util.OptionalDouble;

/**
 * An estimate of {@code ln p(target | prefix)}.
 *
 * @param logLikelihood nats, summed over the target's tokens; of the Monte Carlo estimators a lower bound in
 *     expectation
 * @param standardError of the estimate, nats: 0 if it is exact, empty if a single draw cannot tell
 * @param evaluations NFE: sequences that went through the model; with guidance each goes twice
 */
public record LikelihoodEstimate(double logLikelihood, OptionalDouble standardError, int evaluations) {}
