/** Tokenizers. */
package dev.unmask.model.tokenizer;
