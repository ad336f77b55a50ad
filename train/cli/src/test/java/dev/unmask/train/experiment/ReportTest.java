package dev.unmask.train.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** One report in two forms. */
class ReportTest {
    @TempDir private Path folder;

    private Report report() throws IOException {
        Path picture = folder.resolve("bars.png");
        new BarChart("shares", "per cent", List.of("told", "moved")).bars("masked", List.of(1.0, 0.5)).save(picture);
        return new Report("Told & asked")
                .heading("Table")
                .table(List.of("model", "share"), List.of(List.of("a|b", "<100 %>")))
                .picture("bars", picture)
                .code("./unmask demo\n");
    }

    @Test
    void markdownNamesItsPictures() throws IOException {
        report().writeMarkdown(folder.resolve("report.md"));
        assertEquals(
                """
                # Told & asked

                ## Table

                | model | share |
                | --- | --- |
                | a\\|b | <100 %> |

                ![bars](bars.png)

                ```
                ./unmask demo
                ```
                """,
                Files.readString(folder.resolve("report.md")));
    }

    @Test
    void htmlNeedsNoOtherFile() throws IOException {
        report().writeHtml(folder.resolve("report.html"));
        String html = Files.readString(folder.resolve("report.html"));
        assertTrue(html.contains("<h1>Told &amp; asked</h1>"), html);
        assertTrue(html.contains("<td>&lt;100 %&gt;</td>"), html);
        assertTrue(html.contains("src=\"data:image/png;base64,iVBORw0KGgo"), html);
    }
}
