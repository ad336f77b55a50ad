package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.sample.ConfidentCount;
import dev.unmask.sample.Count;
import dev.unmask.sample.Order;
import dev.unmask.sample.SamplerOption;
import dev.unmask.sample.SamplerOptions;
import dev.unmask.sample.SamplerSettings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import picocli.CommandLine.Model.CommandSpec;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Flags of the sampler are its options. */
class SamplingOptionsTest {
    /** What is said of ends and batches, which requests to a server leave to it. */
    private static final Set<String> MORE =
            Set.of("--batch-global", "--no-end", "--end-last", "--stop-at-end", "--seed");

    @Test
    void flagsAreTheOptionsOfTheSamplerAndThoseOfEndsAndBatches() {
        Set<String> flags =
                CommandSpec.forAnnotatedObject(new SamplingOptions()).options().stream()
                        .map(option -> option.names()[0])
                        .collect(Collectors.toCollection(TreeSet::new));
        Set<String> expected = new TreeSet<>(MORE);
        Arrays.stream(SamplerOption.values()).map(SamplingOptions::flag).forEach(expected::add);
        assertEquals(expected, flags);
    }

    private static SamplerOptions asked(SamplerOption option, Object value) {
        return new SamplerOptions().with(option, Optional.of(value));
    }

    private static SamplerSettings settings(SamplerOptions options) {
        return options.settings(SamplerSettings.defaults());
    }

    @Test
    void everyWordIsUnderstoodHoweverItIsWritten() {
        for (SamplerOption option : SamplerOption.values()) {
            for (String word : option.words()) {
                SamplerSettings settings = settings(asked(option, word));
                assertEquals(settings, settings(asked(option, word.toUpperCase(Locale.ROOT).replace('_', '-'))));
            }
        }
    }

    @Test
    void aThresholdBesideAnEvenSplitWaits() {
        SamplerOptions options =
                asked(SamplerOption.SCHEDULE, "even").with(SamplerOption.THRESHOLD, Optional.of(0.5));
        assertTrue(settings(options).count() instanceof ConfidentCount.EvenThreshold);
    }

    @Test
    void theOrderAncestralIsRandomWithItsSchedule() {
        SamplerSettings settings = settings(asked(SamplerOption.ORDER, "ancestral"));
        assertEquals(Order.RANDOM, settings.order());
        assertTrue(settings.count() instanceof Count.Ancestral);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--threshold 2 | --threshold: found 2, expected 0 to 1",
                "--threshold 0.5 --factor 1 | --factor: found beside --threshold, expected one of them at the most",
                "--seconds 1 --steps 3 | --steps: found beside --seconds, which decides how many passes there are",
                "--order ancestral --factor 1 | --factor: found one beside --order ancestral, which draws how many tokens",
                "--remasking-strength 1 | --remasking-strength: found without --remasking, whose strength it is",
                "--cache-refresh 2 | --cache-refresh: found without --cache delayed, to which it belongs",
                "--cache dual --cache-refresh 2 | --cache-refresh: found without --cache delayed",
                "--guidance-interval 0.5 | --guidance-interval: found 1 numbers, expected two, for example 0.3,1",
                "--schedule odd | --schedule: found odd, expected one of even, smdm, cosine, ancestral",
                "--remasking p3 | --remasking: found p3, expected one of none, p2, remdm_cap",
                "--repetition-penalty 0 | --repetition-penalty: found 0, expected 0.001 to 1000",
                "--repetition-penalty 1e9 | --repetition-penalty: found 1.0E9, expected 0.001 to 1000",
                "--seconds -1 | --seconds: found -1.0, expected 0.001 to 86400",
                "--top-p NaN | --top-p: found NaN, expected 0 to 1",
                "--temperature 1e-300 | --temperature: found 1.0E-300, expected 0, or 1e-12 to 100",
                "--steps -1 | --steps: found -1, expected 1 to 1000000"
            })
    void whatDoesNotGoTogetherIsRefusedByItsFlag(String flags, String sentence) {
        List<String> arguments = List.of(("bench sample --dry-run --layers 1 " + flags).split(" "));
        CommandLineOutcome outcome = CommandLineOutcome.of(arguments.toArray(String[]::new));
        assertEquals(2, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains(sentence), outcome.err());
    }

    @Test
    void whatIsNoNumberIsRefused() {
        assertThrows(
                SamplerOptions.RefusedException.class, () -> asked(SamplerOption.TEMPERATURE, Double.NaN));
    }
}
