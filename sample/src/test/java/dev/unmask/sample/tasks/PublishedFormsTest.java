package dev.unmask.sample.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;

/** Forms in which data sets were first published are asked as the hub's forms of them, which the harness reads. */
class PublishedFormsTest {
    private static TaskDocument document(String json) {
        return new TaskDocument("file.jsonl:7", StrictJson.parse(json, "document"));
    }

    private static Example example(String task, String json) {
        return Task.named(List.of(task)).getFirst().example(document(json));
    }

    private static void assertSame(String task, String first, String second) {
        assertEquals(example(task, first), example(task, second));
    }

    @Test
    void questionsOfArcHoldTheirChoices() {
        assertSame(
                "arc_challenge",
                """
                {"id": "1", "question": "Is ice cold?", "answerKey": "B",
                 "choices": {"text": ["no", "yes"], "label": ["A", "B"]}}\
                """,
                """
                {"id": "1", "answerKey": "B", "question": {"stem": "Is ice cold?",
                 "choices": [{"text": "no", "label": "A"}, {"text": "yes", "label": "B"}]}}\
                """);
    }

    @Test
    void questionsOfOpenBookQaHoldTheirChoices() {
        assertSame(
                "openbookqa",
                """
                {"id": "1", "question_stem": "Ice is", "answerKey": "A",
                 "choices": {"text": ["cold", "hot"], "label": ["A", "B"]}}\
                """,
                """
                {"id": "1", "answerKey": "A", "question": {"stem": "Ice is",
                 "choices": [{"text": "cold", "label": "A"}, {"text": "hot", "label": "B"}]}}\
                """);
    }

    @Test
    void labelsOfAnswersMayBeNumbersAsTheKeyIs() {
        String document =
                "{\"question\": \"Is ice cold?\", \"answerKey\": %s, \"choices\": {\"text\": [\"no\", \"yes\"],"
                        + " \"label\": %s}}";
        assertSame("arc_easy", document.formatted("\"B\"", "[\"A\", \"B\"]"), document.formatted("2", "[1, 2]"));
        assertSame(
                "arc_easy",
                document.formatted("\"B\"", "[\"A\", \"B\"]"),
                document.formatted("\"2\"", "[\"1\", \"2\"]"));
        // The harness tells a number from its digits.
        assertThrows(InputException.class, () -> example("arc_easy", document.formatted("2", "[\"1\", \"2\"]")));
    }

    @Test
    void editionsOfSocialIqaNameTheAnswerByANumberOrALetter() {
        String document =
                "{\"context\": \"c\", \"question\": \"q\", \"answerA\": \"a\", \"answerB\": \"b\", \"answerC\":"
                        + " \"c\", %s}";
        String number = document.formatted("\"label\": \"2\"");
        for (String other : List.of("\"label\": \"2\\n\"", "\"label\": 2", "\"label\": 2.0", "\"correct\": \"B\"")) {
            assertSame("social_iqa", number, document.formatted(other));
        }
    }

    private static List<String> asked(String task, String json) {
        Task named = Task.named(List.of(task)).getFirst();
        return RequestLines.of(named, named.example(document(json).questionOnly()));
    }

    @Test
    void whatIsAskedNeedsNoLabelsWhereTheHarnessNeedsNone() {
        assertEquals(2, asked("arc_easy", "{\"question\": \"Q\", \"choices\": {\"text\": [\"a\", \"b\"]}}").size());
        assertEquals(
                2, asked("openbookqa", "{\"question_stem\": \"Q\", \"choices\": {\"text\": [\"a\", \"b\"]}}").size());
        String race =
                """
                {"article": "A.", "problems": [{"question": "Q?", %s "options": ["1", "2", "3", "4"]},
                 {"question": "R?", "options": ["5", "6", "7", "8"]}]}\
                """;
        assertEquals(4, asked("race", race.formatted("\"answer\": \"B\",")).size());
        // Answers of the problems before are part of the context.
        assertEquals(
                "file.jsonl:7: problem 1: answer: found nothing, expected a text",
                assertThrows(InputException.class, () -> asked("race", race.formatted(""))).getMessage());
    }

    @Test
    void labelsOfBoolQAreNumbersOrTruthValues() {
        String document = "{\"passage\": \"Ice -- Ice is cold.\", \"question\": \"is ice cold\", \"label\": %s}";
        assertSame("boolq", document.formatted("1"), document.formatted("true"));
        assertSame("boolq", document.formatted("0"), document.formatted("false"));
    }

    @Test
    void theTitleOfABoolQDocumentStandsBeforeItsPassageAsInSuperGlue() {
        assertSame(
                "boolq",
                "{\"passage\": \"Ice -- Ice is cold.\", \"question\": \"is ice cold\", \"label\": 1}",
                "{\"passage\": \"Ice is cold.\", \"title\": \"Ice\", \"question\": \"is ice cold\", \"answer\": true}");
        assertSame(
                "boolq",
                "{\"passage\": \"Ice is cold.\", \"question\": \"is ice cold\", \"label\": 0}",
                "{\"passage\": \"Ice is cold.\", \"question\": \"is ice cold\", \"answer\": false}");
    }

    @Test
    void labelsOfHellaSwagAreNumbersOrTexts() {
        String document =
                "{\"activity_label\": \"a\", \"ctx_a\": \"b\", \"ctx_b\": \"c\", \"endings\": [\"d\", \"e\"],"
                        + " \"label\": %s}";
        assertSame("hellaswag", document.formatted("1"), document.formatted("\"1\""));
    }

    @Test
    void articlesOfRaceHaveProblemsAsPythonPrintsThemAsJsonOrAsListsSideBySide() {
        String printed =
                """
                {"article": "A.", "problems": "[{'question': 'Q?', 'answer': 'A', 'options': ['1', '2', '3', '4']}, \
                {'question': 'It is  _  .', 'answer': 'D', 'options': ['5', '6', '7', \\"it's\\"]}]"}\
                """;
        assertSame(
                "race",
                printed,
                """
                {"article": "A.", "problems": [{"question": "Q?", "answer": "A", "options": ["1", "2", "3", "4"]},
                 {"question": "It is  _  .", "answer": "D", "options": ["5", "6", "7", "it's"]}]}\
                """);
        assertSame(
                "race",
                printed,
                """
                {"id": "high1.txt", "article": "A.", "questions": ["Q?", "It is  _  ."], "answers": ["A", "D"],
                 "options": [["1", "2", "3", "4"], ["5", "6", "7", "it's"]]}\
                """);
    }

    @Test
    void questionsOfRaceAreBroughtTogetherByArticle() {
        Task race = Task.named(List.of("race")).getFirst();
        String question =
                "{\"article\": \"%s\", \"question\": \"%s\", \"answer\": \"A\", \"options\":"
                        + " [\"1\",\"2\",\"3\",\"4\"]}";
        List<TaskDocument> grouped =
                race.grouped(
                        List.of(
                                document(question.formatted("A.", "Q1?")),
                                document(question.formatted("B.", "Q2?")),
                                document(question.formatted("A.", "Q3?"))));
        assertEquals(
                List.of("Article: A.\n\nQuestion: Q1?\nAnswer: 1\nQ3?", "Article: B.\n\nQ2?"),
                grouped.stream().map(race::example).map(Example::context).toList());
    }

    @Test
    void targetsOfGsm8kStandAfterTheSolutionOrApart() {
        assertSame(
                "gsm8k",
                "{\"question\": \"2 + 2?\", \"answer\": \"Two and two.\\n#### 4\"}",
                "{\"question\": \"2 + 2?\", \"target\": \"4\"}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "arc_easy | {} | question: found nothing, expected a text",
                "arc_easy | {\"question\": \"Q\", \"answerKey\": \"E\", \"choices\": {\"text\": [\"a\"], \"label\":"
                        + " [\"A\"]}} | answerKey: found \"E\", expected one of A",
                "arc_easy | {\"question\": \"Q\", \"answerKey\": \"A\", \"choices\": {\"text\": [\"a\", \"b\"],"
                        + " \"label\": [\"A\"]}} | choices.label: found [\"A\"], expected a list of at least 2 texts",
                "arc_easy | {\"question\": {\"stem\": \"Q\", \"choices\": []}, \"answerKey\": \"A\"} "
                        + "| choices: found [], expected at least one",
                "boolq | {\"passage\": \"P\", \"question\": \"q\"} | answer: found nothing, expected 0 to 1",
                "boolq | {\"passage\": null, \"question\": \"q\", \"label\": 1} | passage: found null, expected a text",
                "hellaswag | {\"activity_label\": \"a\", \"ctx_a\": \"b\", \"ctx_b\": \"c\", \"endings\": [\"d\", 5],"
                        + " \"label\": 0} | endings[1]: found 5, expected a text",
                "hellaswag | {\"activity_label\": \"a\", \"ctx_a\": \"b\", \"ctx_b\": \"c\", \"endings\": [\"d\"],"
                        + " \"label\": \"\"} | label: found \"\", expected 0 to 0",
                "piqa | {\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\", \"label\": -1} | label: found -1, expected"
                        + " 0 to 1",
                "piqa | {\"goal\": \"g\", \"sol1\": \"a\", \"label\": 1} | sol2: found nothing, expected a text",
                "race | {\"article\": \"A\", \"problems\": \"[{'question': 3\"} "
                        + "| problems: found \"[{'question': 3\", expected a list as Python prints it (found the end at"
                        + " character 15, expected ',' or '}')",
                "race | {\"article\": \"A\", \"problems\": []} | problems: found [], expected at least one",
                "race | {\"article\": \"A\", \"problems\": [{\"question\": \"Q\", \"answer\": \"E\", \"options\": []}]}"
                        + " | problem 1: answer: found \"E\", expected A, B, C or D",
                "social_iqa | {\"context\": \"c\", \"question\": \"q\", \"answerA\": \"a\", \"answerB\": \"b\","
                        + " \"answerC\": \"c\", \"label\": \"0\"} | label: found \"0\", expected 1 to 3",
                "lambada_openai | {\"text\": [\"a\"]} | text: found [\"a\"], expected a text",
                "gsm8k | {\"question\": \"Q\", \"answer\": \"4\"} "
                        + "| answer: found \"4\", expected a solution that ends in #### 84",
            })
    void aBadDocumentIsNamedWithFileLineAndField(String task, String json, String sentence) {
        assertEquals(
                "file.jsonl:7: " + sentence,
                assertThrows(InputException.class, () -> example(task, json)).getMessage());
    }

    @Test
    void anUnknownTaskIsRefusedWithTheKnownOnes() {
        assertEquals(
                "task: found winogrande, expected one of arc_easy, arc_challenge, boolq, hellaswag, openbookqa, piqa,"
                        + " race, social_iqa, lambada_standard, lambada_openai, gsm8k",
                assertThrows(InputException.class, () -> Task.named(List.of("piqa", "winogrande"))).getMessage());
    }

    @Test
    void tasksHaveTheirEstimatorAndGuidanceAsPublished() {
        List<String> settings =
                Task.ALL.stream()
                        .map(task ->
                                task.name()
                                        + " "
                                        + task.defaults().estimator().label()
                                        + " "
                                        + task.defaults().guidance())
                        .toList();
        assertEquals(
                List.of(
                        "arc_easy mc 0.6",
                        "arc_challenge mc 0.6",
                        "boolq chain_rule 1.6",
                        "hellaswag mc 0.7",
                        "openbookqa chain_rule 1.6",
                        "piqa chain_rule 0.6",
                        "race mc 0.7",
                        "social_iqa mc 0.6",
                        "lambada_standard chain_rule 1.1",
                        "lambada_openai chain_rule 1.1",
                        "gsm8k chain_rule 0.1"),
                settings);
    }
}
