package dev.unmask.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.NotFoundException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;

import dev.langchain4j.model.openai.OpenAiChatModel;

import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.AutoregressiveSettings;
import dev.unmask.sample.Prompt;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What OpenAI's own client and LangChain4j's make of the answers. */
@Timeout(120)
class OpenAiClientTest {
    private static Served masked;
    private static Served causal;
    private static OpenAIClient client;
    private static OpenAIClient causalClient;

    @BeforeAll
    static void start() throws Exception {
        masked = Served.masked();
        causal = Served.causal();
        client = OpenAIOkHttpClient.builder().baseUrl(masked.base()).apiKey("none").maxRetries(0).build();
        causalClient = OpenAIOkHttpClient.builder().baseUrl(causal.base()).apiKey("none").maxRetries(0).build();
    }

    @AfterAll
    static void stop() {
        client.close();
        causalClient.close();
        masked.close();
        causal.close();
    }

    private static CompletionCreateParams.Builder asked(String prompt, long tokens) {
        return CompletionCreateParams.builder().model("tiny").prompt(prompt).maxTokens(tokens);
    }

    @Test
    void listsTheModel() {
        assertEquals(List.of("tiny"), client.models().list().data().stream().map(model -> model.id()).toList());
        assertEquals("tiny", client.models().retrieve("tiny").id());
        assertThrows(NotFoundException.class, () -> client.models().retrieve("other"));
    }

    @Test
    @SuppressWarnings("deprecation") // The client has no other way to them.
    void completesAndTellsProbabilities() {
        Completion completion = client.completions().create(asked("the cat", 6).logprobs(3).build());
        var choice = completion.choices().getFirst();
        assertFalse(choice.text().isBlank());
        assertEquals(2, completion.usage().orElseThrow().promptTokens());
        var logprobs = choice.logprobs().orElseThrow();
        List<String> tokens = logprobs.tokens().orElseThrow();
        assertEquals(choice.text(), String.join("", tokens));
        for (int i = 0; i < tokens.size(); i++) {
            double own = logprobs.tokenLogprobs().orElseThrow().get(i);
            var top = logprobs.topLogprobs().orElseThrow().get(i)._additionalProperties();
            assertEquals(3, top.size());
            // The likeliest token was placed, so the likeliest of all at that time is the token itself.
            double best = ((Number) top.get(tokens.get(i)).convert(Double.class)).doubleValue();
            assertEquals(own, best, 1e-4, tokens + " " + top);
            assertEquals(
                    choice.text().indexOf(tokens.get(i).strip(), logprobs.textOffset().orElseThrow().get(i).intValue()),
                    logprobs.textOffset().orElseThrow().get(i) + (tokens.get(i).startsWith(" ") ? 1 : 0));
        }
    }

    @Test
    void aSuffixIsSeen() {
        String alone = client.completions().create(asked("the", 3).build()).choices().getFirst().text();
        Completion between = client.completions().create(asked("the", 3).suffix(" runs to the house").build());
        assertEquals(5, between.usage().orElseThrow().promptTokens());
        assertEquals("length", between.choices().getFirst().finishReason().toString());
        assertFalse(between.choices().getFirst().text().contains("[END]"));
        assertFalse(alone.contains("[END]"));
    }

    @Test
    void theSameSeedWritesTheSameAndStreamsTheSame() {
        CompletionCreateParams.Builder drawn = asked("the old", 12).temperature(1.0).seed(5).n(3);
        List<String> once = client.completions().create(drawn.build()).choices().stream().map(c -> c.text()).toList();
        List<String> again = client.completions().create(drawn.build()).choices().stream().map(c -> c.text()).toList();
        assertEquals(once, again);
        assertEquals(3, Set.copyOf(once).size());
        StringBuilder[] pieces = {new StringBuilder(), new StringBuilder(), new StringBuilder()};
        try (StreamResponse<Completion> stream = client.completions().createStreaming(drawn.build())) {
            stream.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .forEach(choice -> pieces[(int) choice.index()].append(choice.text()));
        }
        assertEquals(once, Arrays.stream(pieces).map(StringBuilder::toString).toList());
    }

    @Test
    void endsBeforeAStop() {
        String whole = client.completions().create(asked("the cat", 8).build()).choices().getFirst().text();
        String stop = whole.strip().split(" ")[2];
        Completion stopped = client.completions().create(asked("the cat", 8).stop(stop).build());
        String text = stopped.choices().getFirst().text();
        assertEquals(whole.substring(0, whole.indexOf(stop)), text);
        assertEquals("stop", stopped.choices().getFirst().finishReason().toString());
        try (StreamResponse<Completion> stream =
                client.completions().createStreaming(asked("the cat", 8).stop(stop).build())) {
            assertEquals(
                    text,
                    stream.stream()
                            .flatMap(chunk -> chunk.choices().stream())
                            .map(choice -> choice.text())
                            .collect(Collectors.joining()));
        }
    }

    @Test
    void aCausalModelWritesWhatTheLibraryWrites() {
        int[] prompt = causal.library().tokenizer().encode("the old cat");
        AutoregressiveSettings settings =
                AutoregressiveSettings.ofLength(prompt.length + 10).withTemperature(0).withEnds(Set.of(1));
        int[] expected =
                new AutoregressiveSampler(causal.library())
                        .sample(List.of(new Prompt(prompt, 0)), settings)
                        .getFirst()
                        .ids();
        int end = expected[expected.length - 1] == 1 ? expected.length - 1 : expected.length;
        String text = causal.library().tokenizer().decode(Arrays.copyOf(expected, end)).substring("the old cat".length());
        assertEquals(
                text, causalClient.completions().create(asked("the old cat", 10).build()).choices().getFirst().text());
        assertThrows(
                BadRequestException.class,
                () -> causalClient.completions().create(asked("the", 3).suffix("x").build()));
    }

    @Test
    void answersInAConversation() {
        ChatCompletionCreateParams.Builder asked =
                ChatCompletionCreateParams.builder().model("tiny").addUserMessage("the cat").maxCompletionTokens(6);
        ChatCompletion chat = client.chat().completions().create(asked.logprobs(true).topLogprobs(2).build());
        String text = chat.choices().getFirst().message().content().orElseThrow();
        assertFalse(text.isBlank());
        var logprobs = chat.choices().getFirst().logprobs().orElseThrow().content().orElseThrow();
        assertEquals(text.strip(), logprobs.stream().map(token -> token.token()).collect(Collectors.joining()).strip());
        assertEquals(2, logprobs.getFirst().topLogprobs().size());
        StringBuilder streamed = new StringBuilder();
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(asked.topLogprobs(0).build())) {
            stream.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .forEach(choice -> streamed.append(choice.delta().content().orElse("")));
        }
        assertEquals(text, streamed.toString());
        OpenAiChatModel langChain =
                OpenAiChatModel.builder()
                        .baseUrl(masked.base())
                        .apiKey("none")
                        .modelName("tiny")
                        .maxTokens(6)
                        .maxRetries(0)
                        .build();
        assertEquals(text, langChain.chat("the cat"));
    }

    @Test
    void aModelWithoutATemplateSaysSo() {
        ChatCompletionCreateParams asked =
                ChatCompletionCreateParams.builder().model("tiny").addUserMessage("the cat").build();
        BadRequestException refused =
                assertThrows(BadRequestException.class, () -> causalClient.chat().completions().create(asked));
        assertTrue(refused.getMessage().contains("chat template"), refused.getMessage());
    }
}
