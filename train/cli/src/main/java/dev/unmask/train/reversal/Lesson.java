package dev.unmask.train.reversal;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.Philox;

import java.util.ArrayList;
import java.util.List;

/**
 * What is told and what is asked. Of every four facts one is told in its first sentence only, one in its second only,
 * and two in both, so that it can be learnt that the sentences mean the same. Asked are those told one way only.
 *
 * @param told the sentences
 * @param forthOnly facts told in their first sentence only
 * @param backOnly facts told in their second sentence only
 */
public record Lesson(List<String> told, List<Fact> forthOnly, List<Fact> backOnly) {
    private static final long SEED = 4;
    private static final int OF = 4;

    /** Keeps the lists as they are. */
    public Lesson {
        told = List.copyOf(told);
        forthOnly = List.copyOf(forthOnly);
        backOnly = List.copyOf(backOnly);
    }

    /**
     * Facts of one kind.
     *
     * @param facts all there are
     * @param most how many are told of, chosen at random, always the same
     */
    public record Topic(List<Fact> facts, int most) {
        /** Keeps the list as it is. */
        public Topic {
            facts = List.copyOf(facts);
        }
    }

    /**
     * Chooses among facts of several kinds, and how each is told.
     *
     * @param topics what there is to tell of
     * @return the lesson
     */
    public static Lesson of(Topic... topics) {
        List<String> told = new ArrayList<>();
        List<Fact> forthOnly = new ArrayList<>();
        List<Fact> backOnly = new ArrayList<>();
        for (int topic = 0; topic < topics.length; topic++) {
            List<Fact> facts = topics[topic].facts();
            for (int i = 0; i < Math.min(topics[topic].most(), facts.size()); i++) {
                Fact fact = facts.get((int) Philox.permute(SEED, topic, facts.size(), i));
                if (i % OF == 0) {
                    forthOnly.add(fact);
                } else if (i % OF == 1) {
                    backOnly.add(fact);
                }
                if (i % OF != 1) {
                    told.add(fact.forth().sentence());
                }
                if (i % OF != 0) {
                    told.add(fact.back().sentence());
                }
            }
        }
        return new Lesson(told, forthOnly, backOnly);
    }

    /**
     * How many facts there are.
     *
     * @return those told one way, and those told both ways
     */
    public int facts() {
        int oneWay = forthOnly.size() + backOnly.size();
        return oneWay + (told.size() - oneWay) / 2;
    }

    /**
     * Every sentence that is told or asked for.
     *
     * @return those told, then both sentences of each fact that was told one way only
     */
    public List<String> all() {
        List<String> all = new ArrayList<>(told);
        forthOnly.forEach(fact -> all.addAll(fact.sentences()));
        backOnly.forEach(fact -> all.addAll(fact.sentences()));
        return all;
    }

    /**
     * Every fact told one way only, asked in one kind of way.
     *
     * @param kind how
     * @param tokenizer of the model
     * @return a question for each
     */
    public List<Question> questions(Question.Kind kind, TextTokenizer tokenizer) {
        List<Question> questions = new ArrayList<>();
        forthOnly.forEach(fact -> questions.add(question(kind, fact.forth(), fact.back(), tokenizer)));
        backOnly.forEach(fact -> questions.add(question(kind, fact.back(), fact.forth(), tokenizer)));
        return questions;
    }

    private static Question question(Question.Kind kind, Telling told, Telling other, TextTokenizer tokenizer) {
        return switch (kind) {
            case TOLD -> Question.forObject(kind, told, tokenizer);
            case BLANK_MOVED -> Question.forSubject(told, tokenizer);
            case OTHER_FORM -> Question.forObject(kind, other, tokenizer);
        };
    }
}
