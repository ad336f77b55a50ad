/** Chat templates, by Hugging Face's own interpreter of Jinja in a JavaScript engine that reaches nothing outside. */
module dev.unmask.jinja {
    requires dev.unmask.model;
    requires com.fasterxml.jackson.databind;
    requires quickjs4j;
    // An automatic module cannot say what it needs: without these lines they are not on the module graph.
    requires run.endive.log;
    requires run.endive.runtime;
    requires run.endive.wasi;
    requires run.endive.wasm;

    provides dev.unmask.model.chat.TemplateLibrary with
            dev.unmask.model.jinja.JinjaLibrary;
}
