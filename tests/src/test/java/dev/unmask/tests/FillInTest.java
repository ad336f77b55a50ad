package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.Blocks;
import dev.unmask.sample.Caching;
import dev.unmask.sample.Count;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.Filling;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SamplingListener;
import dev.unmask.sample.SamplingStep;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;

@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class FillInTest {
    private static final TextTokenizer BYTES = new ByteTokenizer();
    private static final FillSettings SETTINGS = FillSettings.defaults();

    private final Backend backend;
    private final FillIn fillIn;

    FillInTest(Backend backend) {
        this.backend = backend;
        this.fillIn = new FillIn(new MaskedSampler(backend, RandomModel.masked(backend, BYTES.vocabulary())), BYTES);
    }

    @Test
    void blanksAreFilledAndTheTextAroundThemStays() {
        Filling filling = fillIn.fill("The capital of ____ is ____:3.", SETTINGS).getFirst();
        assertTrue(filling.text().startsWith("The capital of "), filling.text());
        assertTrue(filling.text().endsWith("."), filling.text());
        assertTrue(filling.text().contains(" is "), filling.text());
        assertEquals(List.of(1, 3), filling.blanks().stream().map(blank -> blank.tokens().size()).toList());
    }

    @Test
    void idsThatAreNoTokenOfTheTokenizerAreNeverFilledIn() {
        MaskedSampler padded = new MaskedSampler(backend, RandomModel.masked(backend, 4 * BYTES.vocabulary()));
        FillSettings drawing = SETTINGS.withSampler(SamplerSettings.defaults().withTemperature(1));
        for (FillSettings settings : List.of(SETTINGS, drawing, SETTINGS.withAlternatives(5))) {
            for (Filling filling : new FillIn(padded, BYTES).fill("a ____:20 b", settings)) {
                assertTrue(
                        filling.tokens().stream().allMatch(id -> id < BYTES.vocabulary()), () -> "" + filling.tokens());
            }
        }
    }

    @Test
    void theConfidenceOfATextIsThatOfItsBlanks() {
        Filling filling = fillIn.fill("a ____:2 b ____:3", SETTINGS).getFirst();
        double sum =
                filling.blanks().stream()
                        .flatMap(blank -> blank.logConfidences().stream())
                        .mapToDouble(Float::doubleValue)
                        .sum();
        assertEquals(sum, filling.logConfidence(), 1e-9);
        assertTrue(sum < 0);
        assertEquals(5, filling.evaluations());
    }

    @Test
    void tokensStandWhereTheirBlanksWere() {
        Filling filling = fillIn.fill("a ____:2 b ____:3", SETTINGS).getFirst();
        assertEquals(List.of(2, 7), filling.blanks().stream().map(Filling.Blank::position).toList());
        for (Filling.Blank blank : filling.blanks()) {
            int end = blank.position() + blank.tokens().size();
            assertEquals(blank.tokens(), filling.tokens().subList(blank.position(), end));
        }
    }

    /** With two blanks the published floor fills both in the last of its passes, each without seeing the other. */
    @Test
    void blanksAreFilledOneAfterTheOtherUnlessFewerPassesAreAskedFor() {
        String text = "a ____ b ____";
        SamplerSettings sampler = SETTINGS.sampler();
        Count floor = new Count.Smdm(OptionalInt.of(12), Count.Smdm.EPSILON);
        assertEquals(2, evaluations(text, sampler));
        assertEquals(2, evaluations(text, sampler.withSteps(12)));
        assertEquals(1, evaluations(text, sampler.withSteps(1)));
        assertEquals(1, evaluations(text, sampler.withCount(floor)));
    }

    private int evaluations(String text, SamplerSettings sampler) {
        return fillIn.fill(text, SETTINGS.withSampler(sampler)).getFirst().evaluations();
    }

    @Test
    void noBlankHoldsASpecialTokenUnlessAllowed() {
        int end = BYTES.endOfText().orElseThrow();
        FillSettings all = SETTINGS.withAlternatives(300);
        assertTrue(fillIn.fill("a ____ b", all).stream().noneMatch(filling -> filling.tokens().contains(end)));
        List<Filling> allowed = fillIn.fill("a ____ b", all.withAllowSpecial(true));
        assertTrue(allowed.stream().anyMatch(filling -> filling.tokens().contains(end)));
        assertTrue(fillIn.fill("a<|endoftext|>b ____", SETTINGS).getFirst().tokens().contains(end), "as it was given");
    }

    /** Bytes that are no character of their own all look alike. */
    @Test
    void fillingsThatLookAlikeAreOneAlternative() {
        List<Filling> fillings = fillIn.fill("a ____ b", SETTINGS.withAlternatives(200));
        assertEquals(129, fillings.stream().map(Filling::text).distinct().count());
        assertEquals(129, fillings.size());
    }

    @Test
    void alternativesDifferAndTheMostConfidentComesFirst() {
        List<Filling> fillings = fillIn.fill("a ____:2 b", SETTINGS.withAlternatives(5));
        assertEquals(5, fillings.size());
        assertEquals(5, fillings.stream().map(Filling::text).distinct().count());
        List<Filling> sorted = new ArrayList<>(fillings);
        sorted.sort(Comparator.comparingDouble(Filling::logConfidence).reversed());
        assertEquals(sorted, fillings);
    }

    @Test
    void theSameSettingsGiveTheSameFillings() {
        FillSettings settings = SETTINGS.withAlternatives(3);
        assertEquals(fillIn.fill("a ____:4 b", settings), fillIn.fill("a ____:4 b", settings));
    }

    @Test
    void aTextTooLongForTheModelIsRefused() {
        assertEquals(
                "text: found 122 positions, expected at most the model's 96 (block_size)",
                assertThrows(InputException.class, () -> fillIn.fill("ab____:60____:60", SETTINGS)).getMessage());
    }

    @Test
    void aTokenizerOfAnotherModelIsRefused() {
        MaskedSampler small = new MaskedSampler(backend, RandomModel.masked(backend, 200));
        assertEquals(
                "tokenizer: found 257 tokens, expected at most the model's 200; use the one the model was trained with",
                assertThrows(InputException.class, () -> new FillIn(small, BYTES)).getMessage());
    }

    @Test
    void choicesOfDifferentLengthsAreScoredExactly() {
        List<Filling> found = fillIn.fill("a ____{cat|dog|wild horse} eats", SETTINGS.withAlternatives(5));
        assertEquals(3, found.size());
        double last = 0;
        for (Filling filling : found) {
            String choice = filling.blanks().getFirst().text();
            assertEquals("a " + choice + " eats", filling.text());
            assertTrue(filling.logConfidence() <= last + 1e-6);
            last = filling.logConfidence();
        }
        assertEquals(
                found.getFirst().text(), fillIn.fill("a ____{cat|dog|wild horse} eats", SETTINGS).getFirst().text());
    }

    @Test
    void aBlankOfAKindHoldsNothingElse() {
        for (FillSettings settings : List.of(SETTINGS, SETTINGS.withAlternatives(3))) {
            for (Filling filling : fillIn.fill("in ____:3{digits} a ____:1-2{letters} b ____", settings)) {
                assertTrue(filling.text().matches("(?s)in [0-9]{3} a [A-Za-z]{1,2} b ."), filling.text());
            }
        }
        SamplerSettings cached =
                SETTINGS.sampler()
                        .withCaching(Caching.DUAL)
                        .withBlocks(Blocks.of(2))
                        .withGuidance(1)
                        .withTemperature(2);
        String text = fillIn.fill("in ____:5{digits}", SETTINGS.withSampler(cached)).getFirst().text();
        assertTrue(text.matches("in [0-9]{5}"), text);
    }

    @Test
    void alternativesOfAllKindsOfBlanksAreDifferentTextsInOrder() {
        String text = "a ____{cat|dog} eats ____:1-2 ____{digits}";
        List<Filling> found = fillIn.fill(text, SETTINGS.withAlternatives(9));
        assertEquals(9, found.size());
        assertEquals(9, found.stream().map(Filling::text).distinct().count());
    }

    @Test
    void aBlankUpToTheEndStopsWhereTheModelEndsTheText() {
        // So long that there is not much room, for the reference is slow.
        String text = "a ".repeat(43) + "____:*";
        Filling filling = fillIn.fill(text, SETTINGS).getFirst();
        int end = BYTES.endOfText().orElseThrow();
        assertTrue(filling.text().startsWith("a "));
        assertTrue(filling.tokens().stream().noneMatch(id -> id == end), filling.toString());
        Filling.Blank blank = filling.blanks().getFirst();
        assertTrue(blank.tokens().size() >= 1);
        assertEquals(filling.tokens().size(), blank.position() + blank.tokens().size());
        List<Filling> others = fillIn.fill(text, SETTINGS.withAlternatives(3));
        assertEquals(3, others.stream().map(Filling::text).distinct().count());
        assertTrue(
                others.stream().allMatch(other -> other.blanks().getFirst().tokens().size() == blank.tokens().size()));
    }

    @Test
    void aBlankOfUnknownSizeWithinATextTakesOneThatWasTried() {
        List<Filling> found = fillIn.fill("a ".repeat(42) + "____:* eats", SETTINGS);
        assertTrue(found.stream().allMatch(filling -> filling.text().endsWith(" eats")));
        double best = found.getFirst().blanks().getFirst().logConfidence();
        int size = found.getFirst().blanks().getFirst().tokens().size();
        double fixed = fillIn.fill("a ".repeat(42) + "____:" + size + " eats", SETTINGS).getFirst().logConfidence();
        assertTrue(best >= fixed - 1e-6, best + " " + fixed);
    }

    @Test
    void everyStepOfEveryReadingIsTold() {
        List<SamplingStep> steps = new ArrayList<>();
        fillIn.fill("a ____{cat|dog} eats ____:1-2", SETTINGS, steps::add);
        for (int i = 0; i < steps.size(); i++) {
            assertEquals(i, steps.get(i).index());
            assertTrue(steps.get(i).steps() > i);
        }
        assertTrue(steps.stream().allMatch(step -> step.sequences().getFirst().unmasked().length > 0));
        // Two choices of three tokens in one pass each, and blanks of one and of two tokens, twice.
        assertEquals(4 + 2 * (1 + 2), steps.size());
    }

    @Test
    void anyFillingCanBeCancelledBetweenPasses() {
        for (String text : List.of("____:6", "a ____{cat|dog}", "____:2-5 b", "a ____:90-* b", "a ____:90-*")) {
            for (int alternatives : new int[] {1, 3}) {
                int[] left = {1};
                SamplingListener impatient =
                        new SamplingListener() {
                            @Override
                            public void onStep(SamplingStep step) {}

                            @Override
                            public boolean cancelled() {
                                return left[0]-- == 0;
                            }
                        };
                FillSettings settings = SETTINGS.withAlternatives(alternatives);
                assertThrows(CancellationException.class, () -> fillIn.fill(text, settings, impatient), () -> text);
            }
        }
    }

    @Test
    void aBlankOfARangeTakesTheSizeWhoseTokensAreTheMostProbable() {
        Map<Integer, Double> means = new TreeMap<>();
        for (int size = 1; size <= 4; size++) {
            means.put(size, fillIn.fill("a ____:" + size + " eats", SETTINGS).getFirst().logConfidence() / size);
        }
        Filling.Blank taken = fillIn.fill("a ____:1-4 eats", SETTINGS).getFirst().blanks().getFirst();
        assertEquals(
                Collections.max(means.values()), taken.logConfidence() / taken.tokens().size(), 1e-6, means.toString());
    }

    @Test
    void alternativesOfARangeAreOfAllSizesTheLikelierTokensFirst() {
        List<Filling> all = fillIn.fill("a ____:1-2 eats", SETTINGS.withAlternatives(150));
        assertEquals(150, all.stream().map(Filling::text).distinct().count());
        double last = 0;
        for (Filling filling : all) {
            Filling.Blank blank = filling.blanks().getFirst();
            double mean = blank.logConfidence() / blank.tokens().size();
            assertTrue(mean <= last + 1e-6, all.toString());
            last = mean;
        }
        assertEquals(
                Set.of(1, 2),
                all.stream().map(filling -> filling.blanks().getFirst().tokens().size()).collect(Collectors.toSet()));
    }

    @Test
    void onlyTheBestSizesAreSearchedForAlternatives() {
        int oneWay = fillIn.fill("a ____:1-6 eats", SETTINGS).getFirst().evaluations();
        assertEquals(1 + 2 + 3 + 4 + 5 + 6, oneWay);
        List<Filling> two = fillIn.fill("a ____:1-6 eats", SETTINGS.withAlternatives(2));
        // A beam of 8 for each of two sizes, of at most 6 and 5 tokens, whose orders are known.
        int searched = two.getFirst().evaluations() - oneWay;
        assertTrue(searched <= 1 + 5 * 8 + 1 + 4 * 8, "evaluations: " + searched);
        assertEquals(
                fillIn.fill("a ____:1-6 eats", SETTINGS).getFirst().blanks().getFirst().tokens().size(),
                two.getFirst().blanks().getFirst().tokens().size());
    }
}
