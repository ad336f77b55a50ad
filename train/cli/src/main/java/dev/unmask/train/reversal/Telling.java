package dev.unmask.train.reversal;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A sentence that tells a fact: {@code opening subject link object.}
 *
 * @param opening what stands before the subject; may be empty
 * @param subject what it begins with
 * @param link joins the two
 * @param object what it ends with
 */
public record Telling(String opening, String subject, String link, String object) {
    /**
     * The whole sentence.
     *
     * @return with a full stop
     */
    public String sentence() {
        return beforeObject() + " " + object + ".";
    }

    /**
     * What stands before the object.
     *
     * @return the sentence without its end
     */
    public String beforeObject() {
        return Stream.of(opening, subject, link).filter(part -> !part.isEmpty()).collect(Collectors.joining(" "));
    }

    /**
     * What stands behind the subject.
     *
     * @return the end of the sentence, with a full stop
     */
    public String afterSubject() {
        return link + " " + object + ".";
    }
}
