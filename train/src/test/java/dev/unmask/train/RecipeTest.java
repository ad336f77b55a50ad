package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.Presets;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.List;

class RecipeTest {
    static List<Recipe> recipes() {
        return Recipe.all();
    }

    /** METHOD §2.4's worked examples, and §11's. */
    @ParameterizedTest
    @CsvSource({
        "170M, 1e20, 256, 0, 187107, 98.1",
        "1028M, 1e20, 256, 0, 30932, 16.2",
        "1028M, 1.6e21, 384, 0, 329951, 259",
        "1028M, 3.3e21, 1024, 0.01, 256478, 535",
        "170M, 6e18, 256, 0, 11226, 5.9"
    })
    void operationsPayForThePublishedNumberOfSteps(
            String model, double flops, int batch, double shortRatio, long steps, double billions) {
        double length = RunLength.averageLength(2048, shortRatio);
        assertEquals(steps, RunLength.ofFlops(flops, Presets.named(model).nonEmbeddingCount(), batch, length));
        assertEquals(billions, steps * batch * length / 1e9, billions / 100);
    }

    /** METHOD §3's table. */
    @ParameterizedTest
    @CsvSource({"55612, 3, 256, 651", "769240, 40, 256, 120193", "3600, 10, 64, 562"})
    void epochsMakeThePublishedNumberOfSteps(long examples, double epochs, int batch, long steps) {
        assertEquals(steps, RunLength.ofEpochs(examples, epochs, batch));
    }

    @Test
    void warmUpIsAsPublished() {
        assertEquals(112, LearningRate.defaultWarmup(11226));
        assertEquals(1201, LearningRate.defaultWarmup(120193));
    }

    @Test
    void operationsForLessThanAStepAreRefused() {
        assertThrows(InputException.class, () -> RunLength.ofFlops(1e9, 169_897_728, 256, 2048));
    }

    @ParameterizedTest
    @MethodSource("recipes")
    void aRecipeIsAPartOfAConfiguration(Recipe recipe) {
        ObjectNode all = StrictJson.tree(RunConfig.defaults("tiny", 2000));
        StrictJson.overlay(all, StrictJson.parse(recipe.config(), recipe.name()));
        RunConfig config = StrictJson.bind(all, RunConfig.class, recipe.name());
        assertTrue(config.trainer().batch() >= 64);
        assertTrue(recipe.about().length() > 20);
        assertEquals(recipe, Recipe.named(recipe.name()));
    }

    @Test
    void aRecipeThatThereIsNotIsRefused() {
        String message = assertThrows(InputException.class, () -> Recipe.named("gpt")).getMessage();
        assertTrue(message.startsWith("recipe: found gpt, expected one of mdm, "), message);
    }

    @Test
    void aPlateauEndsInAStraightLine() {
        LearningRate rate = new LearningRate(1, 0.2, 10, LearningRate.Shape.WSD, 0.5);
        assertEquals(0.5, rate.at(5, 100), 1e-12);
        assertEquals(1, rate.at(10, 100), 1e-12);
        assertEquals(1, rate.at(50, 100), 1e-12);
        assertEquals(0.6, rate.at(75, 100), 1e-12);
        assertEquals(0.2, rate.at(100, 100), 1e-12);
    }
}
