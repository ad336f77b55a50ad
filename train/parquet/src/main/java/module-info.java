/** Texts in Parquet files, and those compressed by Zstandard. */
module dev.unmask.parquet {
    requires dev.unmask.train;
    requires com.github.luben.zstd_jni;
    requires dev.hardwood.core;
    // An automatic module cannot say what it needs: without this line it is not on the module graph.
    requires org.xerial.snappy;

    provides dev.unmask.train.data.Compression with
            dev.unmask.train.parquet.Zstandard;
    provides dev.unmask.train.data.RecordFormat with
            dev.unmask.train.parquet.ParquetFiles;
}
