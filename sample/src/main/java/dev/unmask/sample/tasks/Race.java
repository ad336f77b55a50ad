package dev.unmask.sample.tasks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.LikelihoodSettings;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** RACE: English exams of Chinese schools. All questions about an article are shown, the last one is asked. */
record Race() implements Task {
    private static final List<String> LETTERS = List.of("A", "B", "C", "D");
    private static final String GAP_AT_THE_END = "  _  .";

    /** A problem; all but the last show their answers, so that those must be known whatever is asked. */
    private record Problem(TaskDocument document, String name, JsonNode json) {
        String question() {
            return document.text(json.path("question"), name + ": question");
        }

        List<String> options(int least) {
            return document.texts(json.path("options"), name + ": options", least);
        }

        int gold() {
            JsonNode answer = json.path("answer");
            int gold = LETTERS.indexOf(document.text(answer, name + ": answer"));
            if (gold < 0) {
                throw document.refused(name + ": answer", answer, "A, B, C or D");
            }
            return gold;
        }

        String answer() {
            int gold = gold();
            return options(gold + 1).get(gold);
        }
    }

    @Override
    public String name() {
        return "race";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(Metric.ACC);
    }

    @Override
    public FileNames files() {
        return FileNames.of(name(), FileNames.TEST, List.of("race_high_test.jsonl"), "race/high", "RACE", "high");
    }

    @Override
    public Example example(TaskDocument document) {
        List<Problem> problems = problems(document);
        StringBuilder context = new StringBuilder("Article: ").append(document.text("article")).append("\n\n");
        for (Problem shown : problems.subList(0, problems.size() - 1)) {
            String question = shown.question();
            if (question.endsWith(GAP_AT_THE_END)) {
                // One of the two spaces before the gap stays.
                context.append(question, 0, question.length() - GAP_AT_THE_END.length() + 1);
            } else {
                context.append("Question: ").append(question).append("\nAnswer: ");
            }
            context.append(shown.answer()).append('\n');
        }
        Problem asked = problems.getLast();
        int gold = document.answer(asked::gold, Example.MultipleChoice.UNKNOWN);
        return new Example.MultipleChoice(
                context.append(asked.question()).toString(),
                asked.options(LETTERS.size()).subList(0, LETTERS.size()),
                gold);
    }

    private static List<Problem> problems(TaskDocument document) {
        List<Problem> problems = new ArrayList<>();
        for (JsonNode problem : problemNodes(document)) {
            problems.add(new Problem(document, "problem " + (problems.size() + 1), problem));
        }
        if (problems.isEmpty()) {
            throw document.refused("problems", document.json().path("problems"), "at least one");
        }
        return problems;
    }

    /** A list of problems, as JSON or as Python prints it; three lists side by side; or one problem. */
    private static JsonNode problemNodes(TaskDocument document) {
        ObjectNode json = document.json();
        JsonNode problems = json.path("problems");
        if (problems.isTextual()) {
            try {
                return PythonLiteral.parse(problems.textValue());
            } catch (IllegalArgumentException e) {
                throw document.refused("problems", problems, "a list as Python prints it (" + e.getMessage() + ")");
            }
        }
        if (problems.isArray()) {
            return problems;
        }
        ArrayNode list = json.arrayNode();
        if (json.has("questions")) {
            List<String> questions = document.texts("questions", 1);
            for (int i = 0; i < questions.size(); i++) {
                list.add(problem(json, questions.get(i), json.path("answers").path(i), json.path("options").path(i)));
            }
        } else {
            list.add(problem(json, document.text("question"), json.path("answer"), json.path("options")));
        }
        return list;
    }

    /** What is missing stays so, until it is asked for. */
    private static ObjectNode problem(ObjectNode factory, String question, JsonNode answer, JsonNode options) {
        ObjectNode problem = factory.objectNode();
        problem.put("question", question);
        if (!answer.isMissingNode()) {
            problem.set("answer", answer);
        }
        if (!options.isMissingNode()) {
            problem.set("options", options);
        }
        return problem;
    }

    /** One document an article, as the harness has it, from one a question. */
    @Override
    public List<TaskDocument> grouped(List<TaskDocument> documents) {
        Map<String, TaskDocument> articles = new LinkedHashMap<>();
        List<TaskDocument> grouped = new ArrayList<>();
        for (TaskDocument document : documents) {
            if (document.has("problems") || document.has("questions")) {
                grouped.add(document);
                continue;
            }
            String article = document.text("article");
            TaskDocument first = articles.get(article);
            if (first == null) {
                ObjectNode json = document.json().objectNode();
                json.put("article", article);
                json.putArray("problems");
                first = new TaskDocument(document.where(), json);
                articles.put(article, first);
                grouped.add(first);
            }
            ((ArrayNode) first.json().get("problems")).add(problemNodes(document).get(0));
        }
        return grouped;
    }

    @Override
    public LikelihoodSettings defaults() {
        return Published.settings(Estimator.MONTE_CARLO, 0.7);
    }
}
