/** The transformer, its configuration, weights and tokenizers. */
package dev.unmask.model;
