package dev.unmask.model.format;

import dev.unmask.model.Family;
import dev.unmask.model.ModelConfig;
import dev.unmask.tensor.InputException;

/** Refuses a model whose network a family does not have. */
record Fit(Family family) {
    static Fit of(Family family, ModelConfig config) {
        return new Fit(family)
                .is(
                        !config.ropeBf16(),
                        "whose rotary table is rounded to bfloat16 (rope_bf16), as that of published SMDM");
    }

    /** Refuses unless a condition holds; {@code what} says what kind of model was found. */
    Fit is(boolean holds, String what) {
        if (!holds) {
            throw new InputException(
                    "--family "
                            + family.name()
                            + ": found a model "
                            + what
                            + ", expected a network that this family has; choose another family");
        }
        return this;
    }
}
