package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.train.Metrics;
import dev.unmask.train.RunSamples;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.ValidationMetrics;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A run on one page. */
class RunReportTest {
    private static final Pattern LINE = Pattern.compile("<h2>Training loss.*?points=\"([^\"]*)\"", Pattern.DOTALL);

    private static StepMetrics step(long step, double loss) {
        return new StepMetrics(step, loss, 1e-3, 2, 1000, 0.5, !Double.isFinite(loss));
    }

    private static String page(Metrics... metrics) {
        return new RunReport("a <b> & c", List.of(metrics), List.of(), "{\"x\":\"</pre>\"}").html();
    }

    @Test
    void theRunIsTold() {
        String page = page(step(1, 5), step(2, 4), new ValidationMetrics(2, 4.5, 0.1));
        assertTrue(
                page.contains(
                        "<p>2 steps, 2,000 tokens in 1 seconds of training, 2,000 tokens a second; validation loss"
                                + " 4.500.</p>"),
                page);
        for (String chart :
                new String[] {"Training loss", "Learning rate", "Norm of the gradients", "Tokens a second"}) {
            assertTrue(page.contains("<h2>" + chart), chart);
        }
        assertFalse(page.contains("<h2>Validation loss"), "one measurement makes no line");
    }

    @Test
    void numbersBesideAChartAreShort() {
        String page =
                page(
                        new StepMetrics(1, 5.25, 1e-3, 2, 30_980, 0.5, false, OptionalDouble.empty()),
                        new StepMetrics(300, 5, 2e-5, 2, 1000, 0.5, false, OptionalDouble.empty()));
        for (String number :
                new String[] {">step 1<", ">300<", ">61,960<", ">2,000<", ">0.001<", ">2.00e-05<", ">5.25<"}) {
            assertTrue(page.contains(number), number + page);
        }
    }

    @Test
    void namesAndSettingsStandAsTheyAre() {
        String page = page(step(1, 5));
        assertTrue(page.contains("<h1>a &lt;b&gt; &amp; c</h1>"), page);
        assertTrue(page.contains("<pre>{&quot;x&quot;:&quot;&lt;/pre&gt;&quot;}</pre>"), page);
    }

    @Test
    void beforeTheFirstStepThereIsNothingToDraw() {
        String page = page(new ValidationMetrics(0, 9, 0.1));
        assertTrue(page.contains("No step has been made yet."), page);
        assertFalse(page.contains("<svg"), page);
    }

    @Test
    void aStepThatWasLeftOutDoesNotEndTheCurve() {
        String page = page(step(1, 5), step(2, Double.NaN), step(3, Double.POSITIVE_INFINITY), step(4, 4), step(5, 3));
        Matcher line = LINE.matcher(page);
        assertTrue(line.find(), page);
        String[] points = line.group(1).split(" ");
        assertEquals(5, points.length);
        assertTrue(points[0].endsWith(",8.0"), "begins at the top: " + line.group(1));
        assertTrue(points[4].endsWith(",212.0"), "ends at the bottom: " + line.group(1));
        assertFalse(page.contains("NaN"), page);
    }

    @Test
    void samplesStandUnderTheirTextFromTheFirstStepToTheLast() {
        List<RunSamples.Written> samples = new ArrayList<>();
        for (int step = 0; step <= 100; step += 5) {
            samples.add(new RunSamples.Written(step, "once <upon>", "made at " + step));
            samples.add(new RunSamples.Written(step, "second", "other at " + step));
        }
        String page = new RunReport("run", List.of(step(1, 5)), samples, "{}").html();
        assertEquals(2, page.split("once &lt;upon&gt;|<b>second</b>", -1).length - 1, page);
        assertTrue(page.contains("<td>100</td><td>made at 100</td>"), page);
        assertEquals(22, page.split("<tr>", -1).length - 1, "every second of 21 steps, of both texts");
    }

    @Test
    void theShareOfThePeakIsDrawnWhereItWasMeasured() {
        StepMetrics[] steps = new StepMetrics[3];
        for (int i = 0; i < 3; i++) {
            steps[i] = new StepMetrics(i + 1, 5, 1e-3, 2, 1000, 0.5, false, OptionalDouble.of(0.5 + 0.1 * i));
        }
        assertTrue(page(steps).contains("<h2>Share of the machine's peak</h2>"), page(steps));
        assertFalse(page(step(1, 5), step(2, 5)).contains("Share of"), "not measured");
    }

    @Test
    void aLongRunIsDrawnByItsFirstItsLastAndAtMostAThousandPointsMore() {
        Metrics[] steps = new Metrics[5003];
        for (int i = 0; i < steps.length; i++) {
            steps[i] = step(i + 1, 5);
        }
        Matcher line = LINE.matcher(page(steps));
        assertTrue(line.find());
        String[] points = line.group(1).split(" ");
        assertTrue(points.length <= 1002, points.length + " points");
        assertTrue(points[0].startsWith("64.0,") && points[points.length - 1].startsWith("712.0,"), line.group(1));
    }
}
