package dev.unmask.train.parquet;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqMap;
import dev.hardwood.row.PqStruct;
import dev.hardwood.row.StructAccessor;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.FileKind;
import dev.unmask.train.data.RecordFormat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/** The rows of Parquet files, with lists and structs in them as chats have. */
public final class ParquetFiles implements RecordFormat {
    /** Found by {@link java.util.ServiceLoader}. */
    public ParquetFiles() {}

    @Override
    public FileKind kind() {
        return FileKind.PARQUET;
    }

    @Override
    public Records open(Path file) throws IOException {
        try {
            ParquetFileReader reader = ParquetFileReader.open(InputFile.of(file));
            return new Rows(file, reader, reader.rowReader());
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw malformed(file, e);
        }
    }

    private static InputException malformed(Path file, Exception e) {
        return new InputException(
                file
                        + ": cannot be read as Parquet ("
                        + e.getMessage()
                        + "); copy or download the file again, or write it anew, compressed by Snappy, Zstandard, gzip or"
                        + " not at all",
                e);
    }

    private record Rows(Path file, ParquetFileReader reader, RowReader rows) implements Records {
        @Override
        public long size() {
            return reader.getFileMetaData().numRows();
        }

        @Override
        public boolean hasNext() {
            try {
                return rows.hasNext();
            } catch (RuntimeException e) {
                throw malformed(file, e);
            }
        }

        @Override
        public Map<String, Object> next() {
            try {
                if (!rows.hasNext()) {
                    throw new NoSuchElementException();
                }
                rows.next();
                return fields(rows);
            } catch (NoSuchElementException e) {
                throw e;
            } catch (RuntimeException e) {
                throw malformed(file, e);
            }
        }

        @Override
        public void close() {
            rows.close();
            try {
                reader.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static Map<String, Object> fields(StructAccessor struct) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < struct.getFieldCount(); i++) {
            fields.put(struct.getFieldName(i), struct.isNull(i) ? null : plain(struct.getValue(i)));
        }
        return fields;
    }

    /** Without the library's types. */
    private static Object plain(Object value) {
        return switch (value) {
            case PqStruct struct -> fields(struct);
            case PqList list -> {
                List<Object> elements = new ArrayList<>();
                for (int i = 0; i < list.size(); i++) {
                    if (!list.isNull(i)) {
                        elements.add(plain(list.get(i)));
                    }
                }
                yield elements;
            }
            case PqMap map -> {
                Map<String, Object> fields = new LinkedHashMap<>();
                for (PqMap.Entry entry : map.getEntries()) {
                    if (entry.getValue() != null) {
                        fields.put(String.valueOf(entry.getKey()), plain(entry.getValue()));
                    }
                }
                yield fields;
            }
            case String text -> text;
            case Number number -> number;
            case Boolean truth -> truth;
            case byte[] bytes -> bytes;
            default -> value.toString();
        };
    }
}
