/** Files of tensors, and files that are whole or not there. */
package dev.unmask.tensor.io;
