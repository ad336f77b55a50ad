/** Texts in Parquet files, and those compressed by Zstandard. */
package dev.unmask.train.parquet;
