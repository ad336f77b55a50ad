/** Tables of records: a model that fills any field from any others, and tells odd records. */
package dev.unmask.train.records;
