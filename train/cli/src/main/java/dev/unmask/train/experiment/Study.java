package dev.unmask.train.experiment;

import dev.unmask.model.ModelConfig;
import dev.unmask.train.TrainerSettings;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** An experiment: what is measured, and what is made of it. */
public interface Study {
    /** One of its measurements. */
    interface Work {
        /**
         * Makes it.
         *
         * @return numbers by name
         * @throws IOException if a file cannot be read or written
         */
        Map<String, Double> measure() throws IOException;
    }

    /**
     * A measurement that is kept once it is made.
     *
     * @param name tells it from the others; ends in its seed, see {@link Trials#named}
     * @param work makes it
     */
    record Trial(String name, Work work) {}

    /**
     * What all its numbers depend on: an experiment is gone on with only if that is the same.
     *
     * @return settings by name
     */
    Map<String, String> settings();

    /**
     * The largest of its models, for a plan.
     *
     * @return its sizes; the vocabulary may be larger than that of a tokenizer to be trained
     */
    ModelConfig largest();

    /**
     * How the largest is trained.
     *
     * @return settings
     */
    TrainerSettings training();

    /**
     * How often every model is trained.
     *
     * @return the number of seeds, counted from 1
     */
    int seeds();

    /**
     * How many trials there will be.
     *
     * @return their number
     */
    int size();

    /**
     * All that is to be measured, in order.
     *
     * @param bench where models are made
     * @return the trials
     * @throws IOException if data cannot be read or written
     */
    List<Trial> trials(Workbench bench) throws IOException;

    /**
     * Draws plots into the folder and says what was found.
     *
     * @param bench whose folder
     * @param trials all done
     * @param report is told
     * @throws IOException if a plot cannot be written
     */
    void report(Workbench bench, Trials trials, Report report) throws IOException;
}
