package dev.unmask.vector.machine;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** What every machine code goes through before anything relies on it. */
final class Proof {
    private Proof() {}

    /**
     * The product, if it passes.
     *
     * @param numbers what it multiplies, for people
     * @param product what was loaded, if anything was
     * @param fault tries a product, and tells what it got wrong first, if anything
     * @param refusal told why, if it does not pass
     */
    static <P> Optional<P> pass(
            String numbers, Optional<P> product, Function<P, Optional<String>> fault, Consumer<String> refusal) {
        Optional<String> wrong = product.flatMap(fault);
        wrong.ifPresent(found ->
                refusal.accept(
                        "machine code for "
                                + numbers
                                + " steps aside, as it computed something wrong: "
                                + found
                                + "; please report this with the model of the processor"));
        return wrong.isPresent() ? Optional.empty() : product;
    }
}
