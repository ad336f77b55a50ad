package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

import java.util.OptionalInt;
import java.util.Set;

/** What a user can get wrong is refused in a sentence that says what was found and what was expected. */
class SettingsTest {
    private static final SamplerSettings SAMPLER = SamplerSettings.defaults();
    private static final LikelihoodSettings LIKELIHOOD = LikelihoodSettings.defaults();

    private static void refused(String sentence, Executable call) {
        assertEquals(sentence, assertThrows(InputException.class, call).getMessage());
    }

    @Test
    void stepsBelowOneAreRefused() {
        refused("steps: found 0, expected at least 1", () -> SAMPLER.withSteps(0));
    }

    @Test
    void stepsThatNoSequenceNeedsAreRefused() {
        refused("steps: found 2000000000, expected at most 1000000", () -> SAMPLER.withSteps(2_000_000_000));
    }

    @Test
    void aTemperatureThatFloat32CannotHoldIsRefused() {
        refused(
                "temperature: found 1.0E40, expected a finite number of at least 0",
                () -> SAMPLER.withTemperature(1e40));
    }

    @Test
    void negativeOrInfiniteTemperaturesAreRefused() {
        refused("temperature: found -0.5, expected a finite number of at least 0", () -> SAMPLER.withTemperature(-0.5));
        refused(
                "temperature: found Infinity, expected a finite number of at least 0",
                () -> AutoregressiveSettings.ofLength(8).withTemperature(Double.POSITIVE_INFINITY));
    }

    @Test
    void aGuidanceScaleThatIsNotANumberIsRefused() {
        refused(
                "guidance scale: found NaN, expected a finite number of at least 0",
                () -> SAMPLER.withGuidance(Double.NaN));
    }

    @Test
    void anEpsilonOutsideTheUnitIntervalIsRefused() {
        refused("epsilon: found 1.0, expected a number between 0 and 1", () -> new Count.Smdm(OptionalInt.of(8), 1));
    }

    @Test
    void negativeBannedTokensAreRefused() {
        refused("banned tokens: found token id -1, expected at least 0", () -> SAMPLER.withBannedTokens(Set.of(-1)));
    }

    @Test
    void samplesThatAreNoMultipleOfTheBatchAreRefused() {
        refused(
                "samples: found 20, expected a multiple of the batch of 16, within which draws are spread evenly",
                () -> LIKELIHOOD.withSamples(20, 16));
    }

    @Test
    void anUnknownOrderOrEstimatorIsRefusedByName() {
        refused(
                "order: found fast, expected one of random, confidence, margin, entropy, left_to_right",
                () -> Order.of("fast"));
        refused(
                "estimator: found exact, expected one of mc, chain_rule, mask_count, any_order, duel",
                () -> Estimator.of("exact"));
        assertEquals(Order.LEFT_TO_RIGHT, Order.of("left-to-right"));
        assertEquals(Estimator.CHAIN_RULE, Estimator.of("chain-rule"));
    }

    @Test
    void rulesThatDoNotGoTogetherAreRefused() {
        refused(
                "scope of the batch: found blocks of 8, expected one block, over which the published code ranks",
                () -> SAMPLER.withBlocks(Blocks.of(8)).withScope(SelectionScope.BATCH));
        refused(
                "remasking by path planning: found order random, expected one by what the model says",
                () -> SAMPLER.withRemasking(new Remasking.PathPlanning(1)).withOrder(Order.RANDOM));
    }

    @Test
    void aPromptLongerThanTheSequenceIsRefused() {
        refused(
                "length: found 2, expected at least the 3 tokens of the prompt",
                () -> MaskedSequence.continuing(new int[] {1, 2, 3}, 2, 97, 0));
    }

    @Test
    void anEmptyAutoregressivePromptIsRefused() {
        refused(
                "prompt: found no tokens, expected at least one; begin with the token that starts a text",
                () -> new Prompt(new int[0], 0));
    }

    @Test
    void blanksOfNoTokensAndNoOrTooManyAlternativesAreRefused() {
        FillSettings settings = FillSettings.defaults();
        refused("tokens per blank: found 0, expected at least 1", () -> settings.withTokensPerBlank(0));
        refused("alternatives: found 0, expected at least 1", () -> settings.withAlternatives(0));
        refused("alternatives: found 1001, expected at most 1000", () -> settings.withAlternatives(1001));
    }

    @Test
    void alternativesAreSearchedForAndNotDrawn() {
        FillSettings five = FillSettings.defaults().withAlternatives(5);
        refused(
                "temperature: found 0.7, expected 0 where the likeliest completions are searched for: none is drawn",
                () -> five.withSampler(SAMPLER.withTemperature(0.7)));
        refused(
                "order: found random, which draws its positions, expected confidence, margin, entropy or left_to_right"
                        + " where the likeliest completions are searched for",
                () -> five.withSampler(SAMPLER.withOrder(Order.RANDOM)));
        refused(
                "sampler: found EvenSplit[steps=OptionalInt[3]] and remasking none, expected one token a pass, and none"
                        + " masked again, where the likeliest completions are searched for",
                () -> five.withSampler(SAMPLER.withSteps(3)));
    }
}
