package dev.unmask.train.experiment;

/** Text within pages. */
public final class Html {
    private Html() {}

    /**
     * Text as a page shows it, whatever it holds: a model may write anything.
     *
     * @param text any
     * @return the same for elements and attributes, with U+FFFD for what no page may hold
     */
    public static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints()
                .forEach(c -> {
                    switch (c) {
                        case '<' -> out.append("&lt;");
                        case '>' -> out.append("&gt;");
                        case '&' -> out.append("&amp;");
                        case '"' -> out.append("&quot;");
                        default -> {
                            boolean shown = c == '\n' || c == '\t' || c >= ' ' && !Character.isISOControl(c);
                            out.appendCodePoint(shown ? c : '\uFFFD');
                        }
                    }
                });
        return out.toString();
    }
}
