package dev.unmask.train.parquet;

import com.github.luben.zstd.ZstdInputStream;

import dev.unmask.tensor.io.FileKind;
import dev.unmask.train.data.Compression;

import java.io.IOException;
import java.io.InputStream;

/** Texts compressed by Zstandard, in one frame or more. */
public final class Zstandard implements Compression {
    /** Found by {@link java.util.ServiceLoader}. */
    public Zstandard() {}

    @Override
    public FileKind kind() {
        return FileKind.ZSTANDARD;
    }

    @Override
    public InputStream unpack(InputStream packed) throws IOException {
        return new ZstdInputStream(packed);
    }
}
