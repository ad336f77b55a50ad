/** Zero-shot benchmarks as lm-evaluation-harness asks them: documents, requests, metrics. */
package dev.unmask.sample.tasks;
