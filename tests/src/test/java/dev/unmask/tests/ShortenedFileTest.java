package dev.unmask.tests;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tensor.program.Program;
import dev.unmask.train.data.Corpus;
import dev.unmask.train.data.PackedTokens;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A file that becomes shorter while it is mapped is the user's input, and does not end the JVM. */
class ShortenedFileTest {
    @TempDir Path folder;

    @Test
    void whatIsMissingIsNamedAndTheRestGoesOn() throws IOException, InterruptedException {
        ChildJvm.succeeds(Child.class, "-Dfolder=" + folder);
    }

    /** Runs in a JVM that reading what is gone would end. */
    static final class Child {
        private static final int ROWS = 64;
        private static final int COLUMNS = 512;
        private static final int RUNS = 60;

        private final Path folder = Path.of(System.getProperty("folder"));
        private final Backend backend = Backends.open("vector", new BackendOptions(2, ""));

        public static void main(String[] arguments) throws IOException {
            new Child().run();
        }

        private void run() throws IOException {
            Path weights = folder.resolve("weights");
            MemorySegment content = map(weights);
            Tensor mapped = backend.wrap("weights", DType.F32, Shape.of(ROWS, COLUMNS), content);
            Tensor embedded = floats(3, COLUMNS);
            Tensor ids = backend.allocate("ids", DType.I32, Shape.of(3));
            ids.set(1, 0, ROWS - 1);
            Tensor copy = floats(ROWS, COLUMNS);
            List<Runnable> reads =
                    List.of(
                            product(mapped, 40)::run,
                            product(mapped, 1)::run,
                            backend.record(recorder -> recorder.add(new Embed(ids, mapped, embedded)))::run,
                            mapped::floats,
                            packed()::run);
            for (int i = 0; i < RUNS; i++) {
                reads.forEach(Runnable::run);
            }
            shorten(weights);
            shorten(folder.resolve("packed"));
            reads.forEach(Child::requireRefused);
            requireRefused(() -> copy.upload(content));
            backend.run(new Fill(copy, 1));
            backend.close();
        }

        private Tensor floats(int... extents) {
            return backend.allocate("floats", DType.F32, Shape.of(extents));
        }

        private Program product(Tensor weights, int rows) {
            Tensor x = floats(rows, COLUMNS);
            Tensor y = floats(rows, ROWS);
            return backend.record(recorder ->
                    recorder.add(new Gemm(x, false, weights, true, Optional.empty(), y, RowLimit.ALL, Precision.F32)));
        }

        private static MemorySegment map(Path file) throws IOException {
            try (FileChannel channel =
                    FileChannel.open(
                            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                channel.write(ByteBuffer.allocate(ROWS * COLUMNS * Float.BYTES));
                return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            }
        }

        private Runnable packed() throws IOException {
            PackedTokens tokens =
                    PackedTokens.pack(
                            new Cats(), new ByteTokenizer(), folder.resolve("packed"), (documents, count) -> {});
            int[] block = new int[8];
            return () -> tokens.block(tokens.blocks(8) - 1, 8, block, 0);
        }

        private record Cats() implements Corpus {
            @Override
            public String name() {
                return "cats";
            }

            @Override
            public Stream<String> documents() {
                return Stream.generate(() -> "the cat sleeps").limit(900);
            }
        }

        private static void shorten(Path file) throws IOException {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(1);
            }
        }

        private static void requireRefused(Runnable read) {
            for (int i = 0; i < 2; i++) {
                try {
                    read.run();
                } catch (InputException refusal) {
                    if (refusal.getMessage().contains("its end can no longer be read; the file has become shorter")) {
                        continue;
                    }
                    throw refusal;
                }
                throw new AssertionError(read + " read what is not there");
            }
        }
    }
}
