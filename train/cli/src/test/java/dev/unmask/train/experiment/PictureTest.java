package dev.unmask.train.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Pictures that are there whole or not at all. */
class PictureTest {
    @TempDir private Path folder;

    private static LineChart chart() {
        List<LineChart.Point> points = List.of(new LineChart.Point(0, 1, 0), new LineChart.Point(1, 2, 0));
        return new LineChart("a line", "x", "y").line("a", points);
    }

    @Test
    void aPictureIsReplacedAndNotWrittenOver() throws IOException {
        Path png = Files.writeString(folder.resolve("a.png"), "the picture before");
        Path before = Files.createLink(folder.resolve("before"), png);
        chart().save(png);
        assertEquals("the picture before", Files.readString(before));
        byte[] first = {(byte) 0x89, 'P', 'N', 'G'};
        assertArrayEquals(first, Arrays.copyOf(Files.readAllBytes(png), first.length));
    }

    @Test
    void aFolderThatIsMissingIsNamed() {
        Path png = folder.resolve("gone").resolve("a.png");
        assertEquals(
                png.toString(), assertThrows(NoSuchFileException.class, () -> chart().save(png)).getFile());
    }
}
