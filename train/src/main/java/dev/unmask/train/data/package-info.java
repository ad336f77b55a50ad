/** Texts, and the packed files of tokens that a trainer reads. */
package dev.unmask.train.data;
