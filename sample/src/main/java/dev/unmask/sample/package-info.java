/** Samplers, guidance and likelihood. */
package dev.unmask.sample;
