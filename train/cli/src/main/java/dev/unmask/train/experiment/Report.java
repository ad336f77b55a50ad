package dev.unmask.train.experiment;

import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;

/** A report, written once and printed as Markdown beside its pictures, or as one HTML file with them in it. */
public final class Report {
    private static final String STYLE =
            """
            :root { color-scheme: light dark; }
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
            table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
            th, td { padding: .3rem .8rem; border-bottom: 1px solid #8884; text-align: left; vertical-align: top; }
            pre { background: #8882; padding: .8rem; overflow-x: auto; line-height: 1.35; }
            img { max-width: 100%; background: #fff; }
            """;

    /** What a report is made of. */
    private sealed interface Part {
        record Heading(String text) implements Part {}

        record Text(String text) implements Part {}

        record Table(List<String> header, List<List<String>> rows) implements Part {}

        record Code(String text) implements Part {}

        record Picture(String title, Path file) implements Part {}
    }

    private final String title;
    private final List<Part> parts = new ArrayList<>();

    /**
     * An empty report.
     *
     * @param title what stands above it
     */
    public Report(String title) {
        this.title = title;
    }

    /**
     * Adds a heading.
     *
     * @param text one line
     * @return this report
     */
    public Report heading(String text) {
        parts.add(new Part.Heading(text));
        return this;
    }

    /**
     * Adds a paragraph.
     *
     * @param text plain text
     * @return this report
     */
    public Report text(String text) {
        parts.add(new Part.Text(text));
        return this;
    }

    /**
     * Adds a table.
     *
     * @param header names of the columns
     * @param rows of as many cells
     * @return this report
     */
    public Report table(List<String> header, List<List<String>> rows) {
        parts.add(new Part.Table(List.copyOf(header), List.copyOf(rows)));
        return this;
    }

    /**
     * Adds lines that are shown as they are.
     *
     * @param text the lines
     * @return this report
     */
    public Report code(String text) {
        parts.add(new Part.Code(text.stripTrailing()));
        return this;
    }

    /**
     * Adds a picture.
     *
     * @param title what it shows
     * @param file a PNG in the report's folder
     * @return this report
     */
    public Report picture(String title, Path file) {
        parts.add(new Part.Picture(title, file));
        return this;
    }

    /**
     * Writes it as Markdown, which names its pictures by their files.
     *
     * @param file where to
     * @throws IOException if it cannot be written
     */
    public void writeMarkdown(Path file) throws IOException {
        AtomicFiles.write(
                file, "# " + title + "\n\n" + parts.stream().map(Report::markdown).collect(Collectors.joining("\n")));
    }

    private static String markdown(Part part) {
        return switch (part) {
            case Part.Heading heading -> "## " + heading.text + "\n";
            case Part.Text text -> text.text + "\n";
            case Part.Code code -> "```\n" + code.text + "\n```\n";
            case Part.Picture picture -> "![" + picture.title + "](" + picture.file.getFileName() + ")\n";
            case Part.Table table ->
                    row(table.header)
                            + row(table.header.stream().map(_ -> "---").toList())
                            + table.rows.stream().map(Report::row).collect(Collectors.joining());
        };
    }

    private static String row(List<String> cells) {
        return cells.stream()
                .map(cell -> cell.replace("|", "\\|"))
                .collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    /**
     * Writes it as one HTML file that needs no other.
     *
     * @param file where to
     * @throws IOException if a picture cannot be read or the file not written
     */
    public void writeHtml(Path file) throws IOException {
        StringBuilder html = new StringBuilder();
        html.append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .append("<title>")
                .append(Html.escaped(title))
                .append("</title>\n<style>\n")
                .append(STYLE)
                .append("</style></head><body>\n<h1>")
                .append(Html.escaped(title))
                .append("</h1>\n");
        for (Part part : parts) {
            html.append(html(part)).append('\n');
        }
        AtomicFiles.write(file, html.append("</body></html>\n").toString());
    }

    private static String html(Part part) throws IOException {
        return switch (part) {
            case Part.Heading heading -> "<h2>" + Html.escaped(heading.text) + "</h2>";
            case Part.Text text -> "<p>" + Html.escaped(text.text) + "</p>";
            case Part.Code code -> "<pre>" + Html.escaped(code.text) + "</pre>";
            case Part.Picture picture ->
                    "<img alt=\""
                            + Html.escaped(picture.title)
                            + "\" src=\"data:image/png;base64,"
                            + Base64.getEncoder().encodeToString(Files.readAllBytes(picture.file))
                            + "\">";
            case Part.Table table ->
                    "<table><thead>"
                            + htmlRow(table.header, "th")
                            + "</thead><tbody>"
                            + table.rows.stream().map(row -> htmlRow(row, "td")).collect(Collectors.joining("\n"))
                            + "</tbody></table>";
        };
    }

    private static String htmlRow(List<String> cells, String tag) {
        return cells.stream()
                .map(cell -> "<" + tag + ">" + Html.escaped(cell) + "</" + tag + ">")
                .collect(Collectors.joining("", "<tr>", "</tr>"));
    }
}
