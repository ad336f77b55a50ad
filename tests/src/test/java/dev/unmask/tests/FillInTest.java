package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.sample.Count;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.Filling;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;

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
    void aBlankOfARangeTakesTheSizeWhoseTokensAreTheMostProbable() {
        List<Filling> all = fillIn.fill("a ____:1-4 eats", SETTINGS.withAlternatives(9));
        assertEquals(4, all.size());
        double last = 0;
        for (Filling filling : all) {
            Filling.Blank blank = filling.blanks().getFirst();
            double mean = blank.logConfidence() / blank.tokens().size();
            assertTrue(mean <= last + 1e-6, all.toString());
            last = mean;
            Filling alone = fillIn.fill("a ____:" + blank.tokens().size() + " eats", SETTINGS).getFirst();
            assertEquals(alone.text(), filling.text());
        }
    }
}
