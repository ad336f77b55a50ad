/** Prepares quick starts: what the JVM would load and link at every start, done once. */
package dev.unmask.train.start;
