/** Numbers for Prometheus. */
package dev.unmask.serve.metrics;
