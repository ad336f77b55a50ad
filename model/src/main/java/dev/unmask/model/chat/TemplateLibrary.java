package dev.unmask.model.chat;

import java.util.Map;

/**
 * What knows Jinja, the language of chat templates. It is found as a service: the artifact {@code unmask-jinja} has
 * one.
 */
public interface TemplateLibrary {
    /**
     * Reads a template, with blocks trimmed and stripped as Hugging Face's transformers does it.
     *
     * @param source the template
     * @return what fills it in
     * @throws TemplateException if it is no template of Jinja, or asks for what the library does not know
     */
    Template open(String source);

    /** A template that has been read. It is safe to share between threads. */
    interface Template {
        /**
         * Fills the template in.
         *
         * @param variables by name: strings, booleans, numbers, lists, maps of these, and null
         * @return the text
         * @throws TemplateException if the template refuses the variables, or cannot be filled in
         */
        String fill(Map<String, ?> variables);
    }
}
