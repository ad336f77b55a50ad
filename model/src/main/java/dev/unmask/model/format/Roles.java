package dev.unmask.model.format;

import dev.unmask.model.PublishedConfig;
import dev.unmask.model.TokenRoles;
import dev.unmask.tensor.InputException;

import java.math.BigDecimal;

/** Tokens with a role, as families ask for them. */
final class Roles {
    private Roles() {}

    /** The mask token of a masked model. */
    static int mask(PublishedConfig keys, TokenRoles tokens, int vocabulary) {
        int mask =
                tokens.mask()
                        .orElseThrow(() ->
                                new InputException(
                                        "no mask token: found none for the masked model of type "
                                                + keys.modelType()
                                                + ", expected mask_token_id in config.json or generation_config.json,"
                                                + " or mask_token in tokenizer_config.json or"
                                                + " special_tokens_map.json"));
        if (mask >= vocabulary) {
            throw new InputException("mask token: found id " + mask + ", expected one below vocab_size " + vocabulary);
        }
        return mask;
    }

    /** A float32 as the shortest decimal that means it. */
    static BigDecimal shortest(float value) {
        return new BigDecimal(Float.toString(value));
    }
}
