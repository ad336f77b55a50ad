package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.ParameterSpec;
import dev.unmask.model.Transformer;
import dev.unmask.model.WeightFiles;
import dev.unmask.model.Weights;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A model larger than the heap, with a tensor of more than 2 GiB, in a file that is mostly a hole. */
class LargeModelTest {
    private static final String CONFIG =
            """
            {"model_type": "llama", "vocab_size": 300000, "hidden_size": 4096, "intermediate_size": 11008,
             "num_hidden_layers": 8, "num_attention_heads": 32, "num_key_value_heads": 8, "rms_norm_eps": 1e-5,
             "max_position_embeddings": 4096, "tie_word_embeddings": false}
            """;

    @TempDir private Path folder;

    @Test
    void itIsMappedAndNotRead() throws IOException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        Files.createFile(folder.resolve("model.safetensors"));
        ModelFolder model = ModelFolder.open(folder);
        long bytes = writeHole(model);
        assertTrue(bytes > 7L << 30, () -> bytes + " bytes");
        try (Backend backend = Backends.cpu(new BackendOptions(1, ""))) {
            long before = used();
            Transformer loaded = model.load(backend, Weights.Use.INFERENCE);
            assertEquals(DType.BF16, loaded.head().dtype());
            assertTrue(loaded.head().bytes() > 2L << 30);
            assertTrue(used() - before < 256L << 20, "weights were copied to the heap");
        }
    }

    /** Opened by a JVM whose heap is a thirtieth of it: what is resident is what has been touched. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aSmallHeapOpensItAndMemoryFollowsWhatIsTouched() throws IOException, InterruptedException {
        Files.writeString(folder.resolve("config.json"), CONFIG);
        Files.createFile(folder.resolve("model.safetensors"));
        writeHole(ModelFolder.open(folder));
        ChildJvm.succeeds(SmallHeap.class, "-Xmx256m", "-Dunmask.test.model=" + folder);
    }

    /** Runs in the other JVM. */
    static final class SmallHeap {
        private static final long OTHERWISE = 400L << 20;

        private SmallHeap() {}

        /** Opens the model, touches its largest tensor, and says what does not hold. */
        public static void main(String... arguments) throws IOException {
            try (Backend backend = Backends.cpu(new BackendOptions(1, ""))) {
                long before = resident();
                ModelFolder folder = ModelFolder.open(Path.of(System.getProperty("unmask.test.model")));
                Transformer model = folder.load(backend, Weights.Use.INFERENCE);
                long opened = resident() - before;
                require(opened < OTHERWISE, "opening it took " + opened + " bytes of memory");

                StoredTensor head = WeightFiles.open(folder.weights()).tensor("lm_head.weight").orElseThrow();
                require(touch(head.data()) == 0, "a hole is zeros");
                long touched = resident() - before - opened;
                long bytes = head.data().byteSize();
                require(touched > bytes / 10 * 9, "of " + bytes + " bytes only " + touched + " are resident");
                require(touched < bytes + OTHERWISE, "touching " + bytes + " bytes took " + touched);
                require(model.head().bytes() == bytes, "it is the head of the model");
            }
        }

        private static long touch(MemorySegment data) {
            long sum = 0;
            for (long at = 0; at < data.byteSize(); at += 4096) {
                sum += data.get(ValueLayout.JAVA_BYTE, at);
            }
            return sum;
        }

        private static void require(boolean holds, String message) {
            if (!holds) {
                throw new AssertionError(message);
            }
        }

        /** Bytes of this process that are in memory, those of mapped files too. */
        private static long resident() throws IOException {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .sum();
        }
    }

    private static long used() {
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** A safetensors file of the model in bfloat16 whose data are zeros that take no place on the disk. */
    private long writeHole(ModelFolder model) throws IOException {
        ModelConfig config = model.config();
        List<String> slots = new ArrayList<>();
        long at = 0;
        for (ParameterSpec spec : config.parameters()) {
            String shape =
                    IntStream.range(0, spec.shape().rank())
                            .mapToObj(i -> Integer.toString(spec.shape().extent(i)))
                            .collect(Collectors.joining(","));
            long end = at + spec.shape().elements() * Short.BYTES;
            String name = model.family().orElseThrow().published(spec.name());
            slots.add(
                    "\"%s\":{\"dtype\":\"BF16\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
                            .formatted(name, shape, at, end));
            at = end;
        }
        byte[] json = ("{" + String.join(",", slots) + "}").getBytes(StandardCharsets.UTF_8);
        ByteBuffer length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        length.putLong(0, json.length);
        try (FileChannel file = FileChannel.open(model.weights(), StandardOpenOption.WRITE)) {
            file.write(length);
            file.write(ByteBuffer.wrap(json));
            file.write(ByteBuffer.allocate(1), Long.BYTES + json.length + at - 1);
        }
        return at;
    }
}
