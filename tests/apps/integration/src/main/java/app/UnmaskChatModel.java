package app;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.TokenUsage;
import dev.unmask.model.LanguageModel;
import dev.unmask.model.chat.ChatTemplate;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.TextSampler;

import java.util.List;

/** A model with a chat template as LangChain4j's chat model. */
public final class UnmaskChatModel implements ChatModel {
    private final ChatTemplate template;
    private final TextSampler sampler;
    private final int answerTokens;

    public UnmaskChatModel(LanguageModel model, int answerTokens) {
        this.template = model.chatTemplate().orElseThrow();
        this.sampler = new TextSampler(model, model.answerEnds());
        this.answerTokens = answerTokens;
    }

    /** One conversation at a time: a model belongs to one thread. */
    @Override
    public synchronized ChatResponse doChat(ChatRequest request) {
        String prompt = template.prompt(request.messages().stream().map(UnmaskChatModel::message).toList());
        int given = sampler.tokens(prompt);
        int most = request.maxOutputTokens() == null ? answerTokens : request.maxOutputTokens();
        double temperature = request.temperature() == null ? 0 : request.temperature();
        TextSampler.Written written =
                sampler.sample(
                                List.of(new TextSampler.Request(prompt, given + most, 0)),
                                SamplerSettings.defaults().withTemperature(temperature),
                                1)
                        .getFirst();
        return ChatResponse.builder()
                .aiMessage(AiMessage.from(written.continuation()))
                .tokenUsage(new TokenUsage(given, written.sample().ids().length - given))
                .build();
    }

    private static dev.unmask.model.chat.ChatMessage message(ChatMessage message) {
        return switch (message) {
            case SystemMessage system -> dev.unmask.model.chat.ChatMessage.system(system.text());
            case UserMessage user -> dev.unmask.model.chat.ChatMessage.user(user.singleText());
            case AiMessage answer -> dev.unmask.model.chat.ChatMessage.assistant(answer.text());
            default -> throw new IllegalArgumentException("found a message of " + message.type());
        };
    }
}
