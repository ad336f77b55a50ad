package dev.unmask.tests;

import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.BackendProvider.Availability.Available;
import dev.unmask.tensor.program.BackendProvider.Availability.Unavailable;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tensor.program.DryRun;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicNode;

import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The backends that a cross-backend test runs on; one that does not work here is reported as skipped, with the reason.
 */
final class BackendsUnderTest {
    /** The device of backends that have several; empty: their first. */
    private static final String DEVICE = System.getProperty("unmask.tests.device", "");

    private static final String REFERENCE = "reference";

    private BackendsUnderTest() {}

    /** How the tests open a backend. */
    static BackendOptions options(BackendProvider provider, int threads) {
        return new BackendOptions(threads, provider.name().equals("vector") ? "" : DEVICE);
    }

    private static Backend reference() {
        return Backends.open(REFERENCE, BackendOptions.defaults());
    }

    /** All backends but the reference. */
    private static Stream<BackendProvider> found() {
        return Backends.providers().stream().filter(provider -> !provider.name().equals(REFERENCE));
    }

    /** Opens a backend with all processors. */
    static Backend open(BackendProvider provider) {
        return provider.open(options(provider, BackendOptions.defaults().threads()));
    }

    /** Makes a dry run of what {@link #open(BackendProvider)} opens. */
    static DryRun dryRun(BackendProvider provider) {
        return provider.dryRun(options(provider, BackendOptions.defaults().threads()));
    }

    /** Tests for each backend that works here, and for the reference; each is opened before and closed after. */
    static Stream<DynamicNode> each(Function<Backend, Stream<? extends DynamicNode>> tests) {
        Stream<? extends DynamicNode> reference = opened(reference(), tests);
        return Stream.concat(
                Stream.of(dynamicContainer("reference", reference)),
                eachProvider(provider ->
                        Stream.of(provider).map(BackendsUnderTest::open).flatMap(backend -> opened(backend, tests))));
    }

    /** Every backend that works here, and the reference, for a parameterized class, which closes it. */
    static Stream<Backend> open() {
        return Stream.concat(Stream.of(reference()), openFound());
    }

    /** Every backend that works here, without the reference, for a parameterized class, which closes it. */
    static Stream<Backend> openFound() {
        return found().filter(provider -> provider.probe() instanceof Available).map(BackendsUnderTest::open);
    }

    /** Tests that open a backend themselves, for each that works here. */
    static Stream<DynamicNode> eachProvider(Function<BackendProvider, Stream<? extends DynamicNode>> tests) {
        return found().map(provider ->
                switch (provider.probe()) {
                    case Available _ -> dynamicContainer(provider.name(), tests.apply(provider));
                    case Unavailable missing -> {
                        String reason = "backend " + provider.name() + " is not available: " + missing.reason();
                        System.out.println(reason + "; " + missing.remedy());
                        yield dynamicTest(reason, () -> Assumptions.abort(missing.remedy()));
                    }
                });
    }

    private static Stream<? extends DynamicNode> opened(
            Backend backend, Function<Backend, Stream<? extends DynamicNode>> tests) {
        return tests.apply(backend).onClose(backend::close);
    }
}
