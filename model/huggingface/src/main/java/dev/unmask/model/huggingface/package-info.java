/** Tokenizers of every kind, by Hugging Face's native library. */
package dev.unmask.model.huggingface;
