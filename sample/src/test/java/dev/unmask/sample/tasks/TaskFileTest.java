package dev.unmask.sample.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class TaskFileTest {
    private static final String GOAL = "{\"goal\": \"g%d\", \"sol1\": \"a\", \"sol2\": \"b\"}\n";

    @TempDir private Path folder;

    private static Task task(String name) {
        return Task.named(List.of(name)).getFirst();
    }

    private Path write(String file, String content) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        return Files.writeString(path, content);
    }

    @ParameterizedTest
    @CsvSource({
        "arc_easy, arc_easy.jsonl",
        "arc_easy, ARC-Easy-Test.jsonl",
        "arc_easy, ARC-Easy/ARC-Easy-Test.jsonl",
        "arc_challenge, ARC-V1-Feb2018-2/ARC-Challenge/ARC-Challenge-Test.jsonl",
        "boolq, BoolQ/val.jsonl",
        "boolq, boolq/dev.jsonl",
        "hellaswag, hellaswag_val.jsonl",
        "openbookqa, OpenBookQA-V1-Sep2018/Data/Main/test.jsonl",
        "piqa, piqa/valid.jsonl",
        "piqa, valid.jsonl",
        "race, race_high_test.jsonl",
        "social_iqa, social_iqa.jsonl",
        "social_iqa, siqa.jsonl",
        "social_iqa, socialiqa-train-dev/dev.jsonl",
        "lambada_standard, lambada/lambada_test.jsonl",
        "lambada_standard, lambada_test_plain_text.txt",
        "lambada_openai, lambada_test_en.jsonl",
        "gsm8k, gsm8k/test.jsonl"
    })
    void filesAreFoundByTheNamesThatTheirPublishersGaveThem(String name, String file) throws IOException {
        assertEquals(write(file, ""), TaskFile.find(task(name), folder).path());
    }

    @Test
    void theNameOfATaskComesBeforeThatOfASplit() throws IOException {
        write("test.jsonl", "");
        write("gsm8k/test.jsonl", "");
        assertEquals(folder.resolve("gsm8k/test.jsonl"), TaskFile.find(task("gsm8k"), folder).path());
        write("gsm8k.jsonl", "");
        assertEquals(folder.resolve("gsm8k.jsonl"), TaskFile.find(task("gsm8k"), folder).path());
    }

    @Test
    void aFileThatIsNotThereIsRefusedWithTheNamesLookedFor() {
        assertEquals(
                folder
                        + ": found no documents of gsm8k, expected one of gsm8k.jsonl, test.jsonl in it or in a folder"
                        + " gsm8k, gsm8k/main",
                assertThrows(InputException.class, () -> TaskFile.find(task("gsm8k"), folder)).getMessage());
        Path missing = folder.resolve("missing");
        assertEquals(
                "data: found no " + missing + ", expected a folder with files of documents",
                assertThrows(InputException.class, () -> TaskFile.find(task("gsm8k"), missing)).getMessage());
    }

    @Test
    void labelsAreReadFromTheFileBeside() throws IOException {
        Path file = write("valid.jsonl", GOAL.formatted(0) + GOAL.formatted(1) + GOAL.formatted(2));
        write("valid-labels.lst", "0\n1\n1\n");
        List<TaskFile.Item> items = new TaskFile(task("piqa"), file).read(2);
        assertEquals(
                List.of(0, 1), items.stream().map(item -> ((Example.MultipleChoice) item.example()).gold()).toList());
        assertEquals(file + ":2", items.get(1).where());
    }

    @Test
    void labelsThatAreTooFewAreRefused() throws IOException {
        Path file = write("valid.jsonl", GOAL.formatted(0) + GOAL.formatted(1));
        Path labels = write("valid-labels.lst", "0\n");
        assertEquals(
                labels + ": found 1 labels, expected 2, one for each document of " + file,
                assertThrows(InputException.class, () -> new TaskFile(task("piqa"), file).read(9)).getMessage());
    }

    @Test
    void plainTextHasAPassageALine() throws IOException {
        Path file = write("lambada_test_plain_text.txt", "the cat sat\r\n\n{ \"not\" json\n");
        assertEquals(
                List.of(new Example.Completion("the cat", " sat"), new Example.Completion("{ \"not\"", " json")),
                new TaskFile(task("lambada_standard"), file).read(9).stream().map(TaskFile.Item::example).toList());
    }

    @Test
    void linesMayEndAsOnWindowsAndAMarkMayStandInFront() throws IOException {
        Path file = write("lambada.jsonl", "\uFEFF{\"text\": \"é a\"}\r\n\r\n{\"text\": \"b c\"}");
        List<TaskFile.Item> items = new TaskFile(task("lambada"), file).read(9);
        assertEquals(List.of(file + ":1", file + ":3"), items.stream().map(TaskFile.Item::where).toList());
        assertEquals(new Example.Completion("é", " a"), items.getFirst().example());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"text\": \"a b\"} {\"text\": \"c d\"} | 2: line 1",
                "{\"text\": \"a b\" | 2: line 1",
                "[1] | 2: found array, expected a JSON object",
                "{\"text\": null} | 2: text: found null, expected a text",
                "{\"texts\": \"a b\"} | 2: text: found nothing, expected a text",
            })
    void aBadLineIsNamed(String line, String sentence) throws IOException {
        Path file = write("lambada.jsonl", "{\"text\": \"a b\"}\n" + line + "\n");
        String message =
                assertThrows(InputException.class, () -> new TaskFile(task("lambada"), file).read(9)).getMessage();
        assertEquals(file + ":" + sentence, message.substring(0, (file + ":" + sentence).length()));
    }

    @Test
    void bytesThatAreNoUtf8AreNamed() throws IOException {
        Path file = folder.resolve("lambada.jsonl");
        Files.write(file, "{\"text\": \"a é\"}\n".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(
                file + ":1: found bytes that are not UTF-8, expected a text in UTF-8",
                assertThrows(InputException.class, () -> new TaskFile(task("lambada"), file).read(9)).getMessage());
    }

    @Test
    void aFileWithoutDocumentsIsRefused() throws IOException {
        Path file = write("lambada.jsonl", "\n");
        assertEquals(
                file + ": found no documents, expected one a line",
                assertThrows(InputException.class, () -> new TaskFile(task("lambada"), file).read(9)).getMessage());
    }

    @Test
    void whatIsAskedIsReadWithoutRightAnswersToo() throws IOException {
        Path file = folder.resolve("piqa.jsonl");
        Files.writeString(file, "{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\", \"label\": -1}\n");
        TaskFile tests = TaskFile.find(task("piqa"), file);
        Example.MultipleChoice asked = (Example.MultipleChoice) tests.readQuestions(1).getFirst().example();
        assertEquals(List.of(" a", " b"), asked.continuations());
        assertThrows(InputException.class, () -> tests.read(1));
    }
}
