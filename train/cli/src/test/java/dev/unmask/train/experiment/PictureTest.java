package dev.unmask.train.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

import javax.imageio.ImageIO;

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
    void aShareOfNoneHasItsNumber() throws IOException {
        Path png = folder.resolve("a.png");
        new BarChart("a title", "y", List.of("a group"))
                .bars("a", List.of(0.0))
                .bars("b", List.of(1.0))
                .save(png);
        BufferedImage picture = ImageIO.read(png.toFile());
        // Where the first bar would end, between the axis and the second bar; lines of the grid are brighter.
        boolean written = false;
        for (int x = 250; x < 450; x++) {
            for (int y = 455; y < 475; y++) {
                written |= new Color(picture.getRGB(x, y)).getGreen() < 100;
            }
        }
        assertTrue(written);
    }

    @Test
    void aFolderThatIsMissingIsNamed() {
        Path png = folder.resolve("gone").resolve("a.png");
        assertEquals(
                png.toString(), assertThrows(NoSuchFileException.class, () -> chart().save(png)).getFile());
    }
}
