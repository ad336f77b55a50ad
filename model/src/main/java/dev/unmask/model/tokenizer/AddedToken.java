package dev.unmask.model.tokenizer;

/**
 * A token that is cut out of a text before anything else looks at it.
 *
 * @param id its id
 * @param content how it stands in a text
 * @param special whether it is a control token, which is no part of the text proper
 */
record AddedToken(int id, String content, boolean special) {}
