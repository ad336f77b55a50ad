package dev.unmask.vector.gemm;

import dev.unmask.tensor.Tensor;

import java.util.Optional;

/** Who keeps panels of factors from run to run. */
@FunctionalInterface
public interface KeptFactors {
    /** Panels that are kept of a right factor; empty if it is likely to change, or there is no room. */
    Optional<KeptPanels> of(Tensor factor, Panels panels);
}
