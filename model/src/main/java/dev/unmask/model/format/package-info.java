/** Families of published models, one class each. */
package dev.unmask.model.format;
