/** What needs more than one module: parity, cross-backend cases, end to end, benchmarks. */
package dev.unmask.tests;
