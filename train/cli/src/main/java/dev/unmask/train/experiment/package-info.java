/** Experiments: grids of runs over seeds that are gone on with, what they come to, plots, and reports. */
package dev.unmask.train.experiment;
