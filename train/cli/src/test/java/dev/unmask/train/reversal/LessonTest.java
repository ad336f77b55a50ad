package dev.unmask.train.reversal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.train.reversal.Question.Kind;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** What is told, what is asked, and when an answer is right. */
class LessonTest {
    @TempDir private Path folder;

    private Lesson lesson;
    private TextTokenizer tokenizer;

    @BeforeEach
    void tell() throws IOException {
        String[] letters = {"Ay", "Bee", "Cee", "Dee", "Ee", "Eff", "Gee", "Aitch"};
        List<Fact> facts =
                IntStream.range(0, 8).mapToObj(i -> Fact.capital(letters[i], "Land of " + letters[i] + "s")).toList();
        lesson = Lesson.of(new Lesson.Topic(facts, 8));
        tokenizer = WordTokens.of(lesson.all()).save(folder);
    }

    @Test
    void ofFourFactsTwoAreToldOneWay() {
        assertEquals(8, lesson.facts());
        assertEquals(2, lesson.forthOnly().size());
        assertEquals(2, lesson.backOnly().size());
        assertEquals(4 + 2 * 4, lesson.told().size());
        assertTrue(lesson.told().contains(lesson.forthOnly().getFirst().forth().sentence()));
        assertFalse(lesson.told().contains(lesson.forthOnly().getFirst().back().sentence()));
        assertTrue(lesson.told().contains(lesson.backOnly().getFirst().back().sentence()));
        assertFalse(lesson.told().contains(lesson.backOnly().getFirst().forth().sentence()));
    }

    @Test
    void theOtherFormIsASentenceNeverTold() {
        for (Question question : lesson.questions(Kind.OTHER_FORM, tokenizer)) {
            assertFalse(lesson.told().contains(question.shown().replace("____", question.expected())));
        }
        for (Kind kind : List.of(Kind.TOLD, Kind.BLANK_MOVED)) {
            for (Question question : lesson.questions(kind, tokenizer)) {
                assertTrue(lesson.told().contains(question.shown().replace("____", question.expected())));
            }
        }
    }

    @Test
    void wordsAreTokensWhereverTheyStand() {
        int[] ids = tokenizer.encode("The capital of Land of Ays is Ay.");
        assertEquals(9, ids.length);
        assertEquals("The capital of Land of Ays is Ay.", tokenizer.decode(ids));
        assertEquals(tokenizer.encode("Ay is")[0], ids[7]);
        assertTrue(tokenizer.beginsTexts() && tokenizer.endsTexts());
    }

    @Test
    void anAnswerToTheEndEndsItsSentence() {
        Question question = Question.forObject(Kind.TOLD, Fact.capital("Ay", "Land of Ays").forth(), tokenizer);
        assertTrue(question.isRight(tokenizer.encode("Land of Ays.")));
        assertTrue(question.isRight(tokenizer.encode("Land of Ays. The")));
        assertFalse(question.isRight(tokenizer.encode("Land of Ays")));
        assertFalse(question.isRight(tokenizer.encode("Land of Ays of.")));
        assertFalse(question.isRight(new int[0]));
    }

    @Test
    void aBlankInFrontHasTheRestOfTheSentenceBehindIt() {
        Question question = Question.forSubject(Fact.capital("Ay", "Land of Ays").back(), tokenizer);
        assertEquals("The capital of ____ is Ay.", question.shown());
        assertEquals("Land of Ays", question.expected());
        assertEquals(tokenizer.beginOfText().orElseThrow(), question.before()[0]);
        assertEquals(tokenizer.endOfText().orElseThrow(), question.after()[3]);
        assertArrayEquals(tokenizer.encode("Land of Ays"), question.answer());
    }

    @Test
    void sentencesArePaddedByTheEnd() {
        Sentences sentences = Sentences.of(List.of("Ay is Ay.", "Ay."), tokenizer);
        int end = tokenizer.endOfText().orElseThrow();
        int[] block = new int[6];
        sentences.block(1, 5, block, 1);
        assertArrayEquals(new int[] {end, end, end}, new int[] {block[3 + 1], block[5], sentences.end()});
        assertEquals(6, sentences.longest());
        assertEquals(2, sentences.blocks(5));
    }

    @Test
    void anExamCountsWhatIsRight() {
        Pupil halfRight =
                questions ->
                        IntStream.range(0, questions.size())
                                .mapToObj(i -> i % 2 == 0 ? questions.get(i).answer() : new int[] {0})
                                .toList();
        Exam exam = Exam.of(halfRight, lesson, tokenizer);
        assertEquals(2, exam.right(Kind.TOLD));
        assertEquals(4, exam.asked(Kind.TOLD));
        assertEquals(0.5, exam.share(Kind.OTHER_FORM));
    }
}
