package dev.unmask.serve;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.interactions.PointerInput;
import org.openqa.selenium.interactions.Sequence;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;

/** Chromium without a window, and what a person does with it. */
final class Browser implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ChromeDriver driver;

    private Browser(ChromeOptions options) {
        options.setBinary(program("chromium", "chromium-browser", "google-chrome").orElseThrow().toFile());
        options.addArguments(
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars");
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.SEVERE);
        options.setCapability("goog:loggingPrefs", logs);
        driver =
                new ChromeDriver(
                        new ChromeDriverService.Builder()
                                .usingDriverExecutable(program("chromedriver").orElseThrow().toFile())
                                .build(),
                        options);
    }

    /** Skips the tests of the page where there is no browser. */
    static final class Needed implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            boolean there =
                    program("chromium", "chromium-browser", "google-chrome").isPresent()
                            && program("chromedriver").isPresent();
            return there
                    ? ConditionEvaluationResult.enabled("Chromium is installed")
                    : ConditionEvaluationResult.disabled(
                            "the page is not tested: it needs Chromium and its driver, as by apt-get install chromium"
                                    + " chromium-driver");
        }
    }

    private static Optional<Path> program(String... names) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
                .flatMap(folder -> Arrays.stream(names).map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    static Browser desktop() {
        ChromeOptions options = new ChromeOptions();
        options.addArguments("--window-size=1100,900");
        return new Browser(options);
    }

    static Browser phone() {
        ChromeOptions options = new ChromeOptions();
        options.setExperimentalOption(
                "mobileEmulation",
                Map.of("deviceMetrics", Map.of("width", 390, "height", 844, "pixelRatio", 2.0, "touch", true)));
        return new Browser(options);
    }

    /** Opens the page anew, and waits until it knows the model. */
    void open(URI address) {
        load(address);
        until("document.getElementById('model').textContent === 'tiny'");
    }

    void load(URI address) {
        driver.get(address.toString());
    }

    /** Opens what can be opened. */
    void open(String details) {
        id(details).findElement(By.tagName("summary")).click();
    }

    WebElement id(String name) {
        return driver.findElement(By.id(name));
    }

    List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    @SuppressWarnings("unchecked")
    List<String> texts(String selector) {
        return (List<String>)
                run("return [...document.querySelectorAll('" + selector + "')].map((e) => e.textContent)");
    }

    Object run(String script) {
        return driver.executeScript(script);
    }

    /** Waits until an expression of JavaScript holds. */
    void until(String expression) {
        new WebDriverWait(driver, PATIENCE, Duration.ofMillis(50))
                .withMessage(expression)
                .until(unused -> Boolean.TRUE.equals(run("return !!(" + expression + ")")));
    }

    void type(String field, String text) {
        id(field).clear();
        id(field).sendKeys(text);
        run("document.getElementById('" + field + "').dispatchEvent(new Event('change'))");
    }

    void slide(String range, String value) {
        run(
                "const r = document.getElementById('" + range + "'); r.value = '" + value
                        + "'; r.dispatchEvent(new Event('input'))");
    }

    void press(CharSequence key) {
        new Actions(driver).sendKeys(key).perform();
    }

    WebElement focused() {
        return driver.switchTo().activeElement();
    }

    void hover(WebElement element) {
        new Actions(driver).moveToElement(element).perform();
    }

    void tap(WebElement element) {
        PointerInput finger = new PointerInput(PointerInput.Kind.TOUCH, "finger");
        Sequence tap = new Sequence(finger, 0);
        tap.addAction(
                finger.createPointerMove(Duration.ZERO, PointerInput.Origin.fromElement(element), 0, 0));
        tap.addAction(finger.createPointerDown(PointerInput.MouseButton.LEFT.asArg()));
        tap.addAction(finger.createPointerUp(PointerInput.MouseButton.LEFT.asArg()));
        driver.perform(List.of(tap));
    }

    /** What the page has failed at. */
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream().map(entry -> entry.getMessage()).toList();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
