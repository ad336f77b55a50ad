package dev.unmask.train.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class HtmlTest {
    @Test
    void markupIsShownAndNotObeyed() {
        assertEquals("&lt;b class=&quot;x&quot;&gt;A &amp; B&lt;/b&gt;", Html.escaped("<b class=\"x\">A & B</b>"));
    }

    @Test
    void whatNoPageMayHoldIsReplaced() {
        assertEquals("a\n\tb\uFFFD\uFFFD\uFFFDc 😀", Html.escaped("a\n\tb\0\u001B\u0085c 😀"));
    }
}
