package dev.unmask.train;

import dev.unmask.model.ModelConfig;
import dev.unmask.tensor.InputException;
import dev.unmask.train.data.TokenBlocks;

/**
 * Text whose ids are compared with the vocabulary of the model that reads it, where they enter: further on they are row
 * numbers of the embedding and the head.
 *
 * @param name what messages call the text
 * @param data the text
 * @param config the model's sizes
 */
record ModelText(String name, TokenBlocks data, ModelConfig config) {
    /** Reads one block. */
    void block(long index, int length, int[] into, int offset) {
        data.block(index, length, into, offset);
        for (int i = 0; i < length; i++) {
            int id = into[offset + i];
            if (id < 0 || id >= config.vocabulary() || isMask(id)) {
                throw new InputException(
                        name
                                + ": block "
                                + index
                                + " of "
                                + length
                                + " tokens has the id "
                                + id
                                + (isMask(id) ? ", the mask token, " : " ")
                                + "at "
                                + i
                                + ", expected 0 to "
                                + (config.vocabulary() - 1)
                                + (isMask(id) ? " but for it" : "")
                                + ", the model's text tokens; pack the text with the model's own tokenizer");
            }
        }
    }

    private boolean isMask(int id) {
        return !config.causal() && id == config.maskToken();
    }
}
