package app;

import dev.langchain4j.model.language.LanguageModel;
import dev.langchain4j.model.output.Response;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.TextSampler;

/** A model as LangChain4j's language model: it goes on with a text. */
public final class UnmaskLanguageModel implements LanguageModel {
    private final TextSampler sampler;
    private final int tokens;

    /** Of texts of so many tokens, their prompts included. */
    public UnmaskLanguageModel(dev.unmask.model.LanguageModel model, int tokens) {
        this.sampler = new TextSampler(model);
        this.tokens = tokens;
    }

    /** One text at a time: a model belongs to one thread. */
    @Override
    public synchronized Response<String> generate(String prompt) {
        return Response.from(sampler.sample(prompt, tokens, SamplerSettings.defaults()));
    }
}
