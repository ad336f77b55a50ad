package dev.unmask.train.cli;

import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.DiskSpace;
import dev.unmask.train.Metrics;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.ValidationMetrics;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A run's curves for TensorBoard: a file of records, each a length (u64, little-endian), its checksum, an event as a message of
 * protocol buffers and its checksum. Of each run there is one, which is written anew when the run goes on, so that no step
 * stands in two.
 */
final class EventFile implements AutoCloseable {
    private static final String NAME = "events.out.tfevents.unmask";
    private static final String VERSION = "brain.Event:2";

    /** Of protocol buffers: how a field is stored. */
    private static final int VARINT = 0;

    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private static final int MASK_DELTA = 0xa282ead8;

    private final Path file;
    private final FileChannel channel;
    private double time;

    private EventFile(Path file, FileChannel channel, double time) {
        this.file = file;
        this.channel = channel;
        this.time = time;
    }

    /**
     * Begins a run's file with what is known of it.
     *
     * @param folder the run's; made if missing
     * @param before what the run did until now, as if without a pause
     * @param now seconds since 1970
     */
    static EventFile begin(Path folder, List<Metrics> before, double now) throws IOException {
        double trained = before.stream().mapToDouble(EventFile::seconds).sum();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        double time = now - trained;
        all.writeBytes(record(new Message().fixed64(1, Double.doubleToLongBits(time)).text(3, VERSION)));
        for (Metrics line : before) {
            time += seconds(line);
            all.writeBytes(record(summary(line, time)));
        }
        Files.createDirectories(folder);
        Path file = folder.resolve(NAME);
        AtomicFiles.write(file, all.toByteArray());
        return new EventFile(file, FileChannel.open(file, StandardOpenOption.APPEND), now);
    }

    /** Appends what a step or a validation did. */
    void add(Metrics line) throws IOException {
        time += seconds(line);
        ByteBuffer record = ByteBuffer.wrap(record(summary(line, time)));
        try {
            while (record.hasRemaining()) {
                channel.write(record);
            }
        } catch (IOException e) {
            throw DiskSpace.unwritable(file, e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private static double seconds(Metrics line) {
        return line instanceof StepMetrics step ? step.seconds() : 0;
    }

    private static Message summary(Metrics line, double time) {
        Message summary = new Message();
        switch (line) {
            case StepMetrics step -> {
                summary.message(1, value("train/loss", step.loss()));
                summary.message(1, value("train/learning_rate", step.learningRate()));
                summary.message(1, value("train/gradient_norm", step.gradientNorm()));
                summary.message(1, value("train/tokens_per_second", step.tokensPerSecond()));
                step.ofPeak().ifPresent(share -> summary.message(1, value("train/of_peak", share)));
            }
            case ValidationMetrics validation -> {
                summary.message(1, value("validation/loss", validation.loss()));
                summary.message(1, value("validation/perplexity", Math.exp(validation.loss())));
            }
        }
        return new Message()
                .fixed64(1, Double.doubleToLongBits(time))
                .varint(2, line.step())
                .message(5, summary);
    }

    private static Message value(String tag, double value) {
        return new Message().text(1, tag).fixed32(2, Float.floatToIntBits((float) value));
    }

    private static byte[] record(Message message) {
        byte[] data = message.bytes();
        byte[] length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length).array();
        return ByteBuffer.allocate(data.length + 16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(length)
                .putInt(checksum(length))
                .put(data)
                .putInt(checksum(data))
                .array();
    }

    /** CRC-32C, turned and shifted, as a checksum of what holds checksums would be weak. */
    private static int checksum(byte[] data) {
        CRC32C crc = new CRC32C();
        crc.update(data);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
    }

    /** A message of protocol buffers. */
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        byte[] bytes() {
            return out.toByteArray();
        }

        private void number(long value) {
            long left = value;
            while ((left & ~0x7FL) != 0) {
                out.write((int) (left & 0x7F | 0x80));
                left >>>= 7;
            }
            out.write((int) left);
        }

        private Message key(int field, int kind) {
            number((long) field << 3 | kind);
            return this;
        }

        Message varint(int field, long value) {
            key(field, VARINT).number(value);
            return this;
        }

        Message fixed64(int field, long bits) {
            key(field, FIXED64);
            out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(bits).array());
            return this;
        }

        Message fixed32(int field, int bits) {
            key(field, FIXED32);
            out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(bits).array());
            return this;
        }

        Message text(int field, String text) {
            return raw(field, text.getBytes(StandardCharsets.UTF_8));
        }

        Message message(int field, Message inner) {
            return raw(field, inner.bytes());
        }

        private Message raw(int field, byte[] bytes) {
            key(field, BYTES).number(bytes.length);
            out.writeBytes(bytes);
            return this;
        }
    }
}
