package dev.unmask.tests.bench;

import dev.unmask.model.Presets;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.Precision;
import dev.unmask.train.bench.BenchSizes;
import dev.unmask.train.bench.Warmup;

import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** The sizes of benchmarks of whole models, by default small enough for a laptop. */
@State(Scope.Benchmark)
public class SizesState {
    /** What {@code --preset} calls the model. */
    @Param("6M")
    public String preset;

    /** Sequences. */
    @Param("4")
    public int batch;

    /** Positions of each. */
    @Param("128")
    public int length;

    /** What the operands of matrix products are rounded to. */
    @Param public Precision precision;

    /** For JMH. */
    public SizesState() {}

    /**
     * The sizes of a sampling run, and with zero passes of what does not sample.
     *
     * @param passes of a sampling run
     * @param prompt positions of its prompt
     * @return the sizes
     */
    BenchSizes sizes(int passes, int prompt) {
        // JMH decides how often it runs and warms up.
        return new BenchSizes(
                Presets.named(preset),
                batch,
                length,
                prompt,
                SamplerSettings.defaults().withSteps(passes),
                1,
                Warmup.exactly(0),
                precision,
                false);
    }
}
