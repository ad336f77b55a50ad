/** From text to packed token files that a trainer reads. */
package dev.unmask.train.data;
