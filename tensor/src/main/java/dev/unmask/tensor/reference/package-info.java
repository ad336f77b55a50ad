/**
 * What every kernel computes, as plain loops in float64: the judge of all backends, and a backend itself.
 *
 * <p>{@link dev.unmask.tensor.reference.ReferenceKernels} gives each element with a bound on the error of float32
 * arithmetic, so that tests, and backends that test themselves on a device, can tell rounding from a fault. {@link
 * dev.unmask.tensor.reference.ReferenceBackendProvider} makes a backend of it that works in any JVM, and slowly.
 */
package dev.unmask.tensor.reference;
