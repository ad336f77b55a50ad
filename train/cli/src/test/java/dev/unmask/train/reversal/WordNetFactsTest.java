package dev.unmask.train.reversal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;

/** Facts that the demo tells. */
class WordNetFactsTest {
    @Test
    void capitalsAreToldBothWays() throws IOException {
        List<String> all = WordNetFacts.capitals().stream().flatMap(fact -> fact.sentences().stream()).toList();
        assertTrue(all.contains("Oslo is the capital of Norway."), all.toString());
        assertTrue(all.contains("The capital of Norway is Oslo."), all.toString());
        assertTrue(all.stream().noneMatch(sentence -> sentence.contains("Guatemala City")), all.toString());
    }

    @Test
    void peopleAreToldByWhatTheyWere() throws IOException {
        List<String> all = WordNetFacts.people().stream().flatMap(fact -> fact.sentences().stream()).toList();
        assertTrue(all.contains("Alexander Pope was an English poet and satirist."), all.toString());
        assertTrue(all.contains("The English poet and satirist was Alexander Pope."), all.toString());
        assertTrue(all.stream().noneMatch(sentence -> sentence.contains("was an United")), all.toString());
    }

    @Test
    void eachSideNamesTheOther() throws IOException {
        for (List<Fact> facts : List.of(WordNetFacts.people(), WordNetFacts.capitals())) {
            assertTrue(facts.size() >= 120, "found only " + facts.size());
            assertEquals(facts.size(), new HashSet<>(facts.stream().map(f -> f.forth().subject()).toList()).size());
            assertEquals(facts.size(), new HashSet<>(facts.stream().map(f -> f.back().subject()).toList()).size());
        }
    }
}
