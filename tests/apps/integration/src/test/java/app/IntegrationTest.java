package app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.unmask.model.Initialization;
import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Backends;

import org.junit.After;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A tiny model that knows nothing does for what is tried here. */
public class IntegrationTest {
    private static final String TEMPLATE =
            "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}assistant:";

    @Rule public TemporaryFolder temporary = new TemporaryFolder();
    private LanguageModel model;

    @Before
    public void open() throws IOException {
        Path folder = temporary.getRoot().toPath();
        try (Backend backend = Backends.cpu()) {
            ModelConfig config = ModelConfig.masked(1, 2, 16, 32, new ByteTokenizer().vocabulary());
            ModelFolder.save(Initialization.of(backend, config, 1), folder);
        }
        new ByteTokenizer().save(folder);
        Files.writeString(folder.resolve("chat_template.jinja"), TEMPLATE);
        model = LanguageModel.open(folder);
    }

    @After
    public void close() {
        model.close();
    }

    @Test
    public void aFunctionFillsTheBlanksOfAStream() {
        List<String> filled = Stream.of("the ____ sleeps", "a ____:2").map(new Blanks(model)).toList();
        assertTrue(filled.toString(), filled.get(0).startsWith("the ") && filled.get(1).startsWith("a "));
    }

    @Test
    public void theChatModelAnswersThroughItsTemplate() {
        ChatResponse answer =
                new UnmaskChatModel(model, 6).chat(SystemMessage.from("be brief"), UserMessage.from("why?"));
        int given = "system: be brief\nuser: why?\nassistant:".length();
        assertEquals(given, answer.tokenUsage().inputTokenCount().intValue());
        assertEquals(6, answer.tokenUsage().outputTokenCount().intValue());
    }

    @Test
    public void theLanguageModelGoesOnWithAText() {
        String text = new UnmaskLanguageModel(model, 16).generate("the cat").content();
        assertTrue(text, text.startsWith("the cat"));
    }
}
