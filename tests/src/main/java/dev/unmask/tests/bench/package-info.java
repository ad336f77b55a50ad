/** JMH benchmarks. Each names what it counts, so that a result can be read as a share of what the machine can do. */
package dev.unmask.tests.bench;
