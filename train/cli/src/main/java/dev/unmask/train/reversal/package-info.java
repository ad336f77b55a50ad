/** The reversal curse: facts told one way and asked another, of a masked model and its autoregressive twin. */
package dev.unmask.train.reversal;
