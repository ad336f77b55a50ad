package dev.unmask.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.support.ui.Select;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The page in a browser: what each control does. */
@ExtendWith(Browser.Needed.class)
@Timeout(180)
class PageTest {
    private static Served served;
    private static Browser browser;

    @BeforeAll
    static void start() throws Exception {
        served = Served.masked();
        browser = Browser.desktop();
    }

    @AfterAll
    static void stop() {
        browser.close();
        served.close();
    }

    @BeforeEach
    void open() {
        browser.open(served.server().address());
    }

    private static void fill(String text) {
        browser.type("text", text);
        browser.id("go").click();
        finished();
    }

    private static void finished() {
        browser.until("document.getElementById('go').textContent !== 'Stop'"
                + " && !document.getElementById('result').hidden && !document.querySelector('.tok.masked')");
    }

    private static List<String> tokens() {
        return browser.texts("#stage .tok");
    }

    private static int steps() {
        return Integer.parseInt(browser.id("step").getDomAttribute("max"));
    }

    @Test
    void fillsBlanksStepByStepAndGoesBackThroughThem() {
        fill("the ____ sleeps on a ____:2 .");
        assertEquals(8, tokens().size());
        assertEquals(3, browser.all(".tok.found").size());
        assertEquals(3, steps());
        assertEquals("step 3 of 3", browser.id("step-out").getText());
        assertTrue(browser.id("facts").getText().startsWith("3 passes of the model"), browser.id("facts").getText());
        browser.id("step").sendKeys(Keys.ARROW_LEFT);
        assertEquals("step 2 of 3", browser.id("step-out").getText());
        assertEquals(1, browser.all(".tok.masked").size());
        browser.id("step").sendKeys(Keys.HOME);
        assertEquals(3, browser.all(".tok.masked").size());
        browser.id("play").click();
        browser.until("document.getElementById('step-out').value === 'step 3 of 3'");
        assertEquals(0, browser.all(".tok.masked").size());
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void aTokenIsMaskedAgainAndFilledAgain() {
        fill("the ____ sleeps");
        String filled = tokens().get(1);
        browser.all(".tok").get(2).click();
        assertEquals(1, browser.all(".tok.masked").size());
        assertEquals("1 masked again", browser.id("again-text").getText());
        browser.id("undo").click();
        assertEquals("sleeps", tokens().get(2));
        assertFalse(browser.id("again").isDisplayed());
        browser.all(".tok").get(2).click();
        browser.all(".tok").get(0).click();
        browser.id("refill").click();
        finished();
        assertEquals(filled, tokens().get(1));
        assertEquals(3, tokens().size());
        assertEquals(2, steps());
    }

    @Test
    void otherTokensAreShownAndCanBeChosen() {
        fill("the ____ sleeps");
        String before = tokens().get(1);
        browser.hover(browser.all(".tok").get(1));
        browser.until("document.querySelectorAll('#popover li').length === 8");
        assertEquals(before, browser.all("#popover li[aria-current=true] span").getFirst().getText());
        List<WebElement> others = browser.all("#popover li:not([aria-current=true]) button");
        String chosen = others.getFirst().findElement(By.tagName("span")).getText();
        others.getFirst().click();
        assertEquals(chosen, tokens().get(1));
        assertFalse(browser.id("popover").isDisplayed());
        browser.id("undo").click();
        assertEquals(before, tokens().get(1));
    }

    @Test
    void allOfItGoesByKeyboard() {
        browser.type("text", "the ____ sleeps on a mat");
        browser.id("text").sendKeys(Keys.chord(Keys.CONTROL, Keys.ENTER));
        finished();
        browser.run("document.querySelector('.tok').focus()");
        browser.press(Keys.ARROW_RIGHT);
        browser.press("a");
        browser.until("document.activeElement.closest('#popover li')");
        browser.press(Keys.ARROW_DOWN);
        browser.press(Keys.ESCAPE);
        assertFalse(browser.id("popover").isDisplayed());
        assertEquals("1", browser.focused().getDomAttribute("data-position"));
        browser.press(Keys.END);
        browser.press(Keys.ENTER);
        assertEquals(1, browser.all(".tok.masked").size());
        browser.press("f");
        finished();
        assertEquals(6, tokens().size());
        browser.run("document.getElementById('tab-fill').focus()");
        browser.press(Keys.ARROW_RIGHT);
        assertEquals("true", browser.id("tab-continue").getDomAttribute("aria-selected"));
    }

    @Test
    void theSettingsAreSent() {
        browser.open("settings");
        new Select(browser.id("sampler")).selectByValue("llada");
        new Select(browser.id("order")).selectByValue("left_to_right");
        new Select(browser.id("remasking")).selectByValue("none");
        browser.slide("steps", "4");
        browser.slide("temperature", "0.7");
        browser.slide("guidance", "1.5");
        browser.slide("top-p", "0.9");
        browser.type("block", "16");
        browser.type("seed", "7");
        String said = browser.id("settings-sum").getText();
        for (String part :
                List.of("sampler llada", "order left_to_right", "steps 4", "temperature 0.7", "guidance 1.5", "top-p 0.9", "block-length 16")) {
            assertTrue(said.contains(part), said);
        }
        fill("____:16");
        assertEquals(4, steps());
        List<String> first = tokens();
        browser.id("go").click();
        finished();
        assertEquals(first, tokens(), "the same seed");
        browser.id("dice").click();
        assertNotEquals("7", browser.id("seed").getDomProperty("value"));
        new Select(browser.id("pace")).selectByValue("120");
        browser.id("reset").click();
        assertEquals("", browser.id("settings-sum").getText());
        assertEquals("one a token", browser.id("steps-out").getText());
    }

    @Test
    void whatRunsCanBeStopped() {
        browser.open("settings");
        new Select(browser.id("pace")).selectByValue("400");
        browser.type("text", "____:40");
        browser.id("go").click();
        browser.until("document.querySelectorAll('.tok.found').length > 0");
        assertEquals("Stop", browser.id("go").getText());
        browser.id("go").click();
        browser.until("document.getElementById('go').textContent === 'Unmask'");
        assertFalse(browser.all(".tok.masked").isEmpty());
        assertFalse(browser.id("error").isDisplayed());
    }

    @Test
    void blanksAreAddedAndExamplesGiven() {
        browser.type("text", "the ");
        browser.type("blank-size", "3");
        browser.id("blank").click();
        assertEquals("the ____:3", browser.id("text").getDomProperty("value"));
        browser.id("text").sendKeys(Keys.chord(Keys.ALT, "b"));
        assertEquals("the ____:3____:3", browser.id("text").getDomProperty("value"));
        browser.id("example").click();
        assertTrue(browser.id("text").getDomProperty("value").contains("capital"));
    }

    @Test
    void goesOnWithAText() {
        browser.id("tab-continue").click();
        browser.slide("length", "12");
        browser.type("text", "the cat");
        browser.id("go").click();
        finished();
        assertEquals(14, tokens().size());
        assertEquals(12, browser.all(".tok.found").size());
    }

    @Test
    void measuresHowLikelyATextIs() {
        browser.id("tab-score").click();
        browser.type("text", "the cat sees the dog");
        browser.id("go").click();
        browser.until("document.querySelectorAll('.tok.heat').length === 5");
        assertTrue(browser.id("facts").getText().startsWith("perplexity "), browser.id("facts").getText());
        String others = browser.id("facts").getText();
        new Select(browser.id("estimator")).selectByValue("chain_rule");
        browser.id("go").click();
        browser.until("document.getElementById('facts').textContent !== '" + others + "' && document.getElementById('go').textContent === 'Measure'");
        browser.hover(browser.all(".tok").get(1));
        browser.until("document.querySelectorAll('#popover li').length === 8");
    }

    @Test
    void whatTheServerRefusesIsSaid() {
        browser.type("text", "no blank here");
        browser.id("go").click();
        browser.until("!document.getElementById('error').hidden");
        assertTrue(browser.id("error").getText().contains("found no blank"), browser.id("error").getText());
        fill("the ____");
        assertFalse(browser.id("error").isDisplayed());
    }

    @Test
    void coloursGoByTheSystemOrByChoice() {
        String light = browser.run("return getComputedStyle(document.body).backgroundColor").toString();
        browser.id("theme").click();
        browser.id("theme").click();
        assertEquals("dark", browser.run("return document.documentElement.dataset.theme"));
        assertNotEquals(light, browser.run("return getComputedStyle(document.body).backgroundColor").toString());
        browser.id("theme").click();
        assertEquals(light, browser.run("return getComputedStyle(document.body).backgroundColor").toString());
    }

    @Test
    void theResultIsCopied() {
        fill("the ____ sleeps");
        browser.run("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }");
        browser.id("copy").click();
        browser.until("window.copied");
        assertEquals(String.join(" ", tokens()), browser.run("return window.copied"));
    }

    @Test
    void onAPhoneItFitsAndAFingerLooksBeforeItMasks() throws Exception {
        try (Browser phone = Browser.phone()) {
            phone.open(served.server().address());
            phone.type("text", "the ____ sleeps on the old mat and the ____:3 under the tree .");
            phone.id("go").click();
            phone.until("document.getElementById('go').textContent === 'Unmask' && document.querySelectorAll('.tok.found').length === 4");
            assertTrue((Boolean) phone.run("return document.documentElement.scrollWidth <= innerWidth"));
            phone.tap(phone.all(".tok").get(1));
            phone.until("document.querySelectorAll('#popover li').length === 8");
            assertTrue((Boolean) phone.run(
                    "const b = document.getElementById('popover').getBoundingClientRect();"
                            + "return b.left >= 0 && b.right <= innerWidth"));
            assertEquals(0, phone.all(".tok.masked").size());
            phone.all("#popover .mask-it").getFirst().click();
            assertEquals(1, phone.all(".tok.masked").size());
        }
    }

    @Test
    void aCausalModelIsWatchedFromLeftToRight() throws Exception {
        try (Served causal = Served.causal();
                Browser fresh = Browser.desktop()) {
            fresh.open(causal.server().address());
            assertFalse(fresh.id("tab-fill").isDisplayed());
            fresh.slide("length", "6");
            fresh.type("text", "the cat");
            fresh.id("go").click();
            fresh.until("document.getElementById('go').textContent === 'Write' && document.querySelectorAll('.tok.found').length > 0");
            assertFalse(fresh.id("error").isDisplayed());
            assertEquals("the cat", fresh.texts("#stage .tok").getFirst());
        }
    }

    @Test
    void aKeyIsAskedForAndKept() throws Exception {
        String key = "a-key-of-sixteen-or-more";
        ServerSettings settings =
                ServerSettings.defaults().admitting(Optional.of(key), Set.of(), Set.of());
        try (Served locked = Served.masked(settings);
                Browser fresh = Browser.desktop()) {
            fresh.load(locked.server().address());
            fresh.until("document.getElementById('key-dialog').open");
            fresh.id("key").sendKeys(key, Keys.ENTER);
            fresh.until("document.getElementById('model').textContent === 'tiny'");
            fresh.type("text", "the ____");
            fresh.id("go").click();
            fresh.until("document.querySelectorAll('.tok.found').length === 1");
        }
    }
}
