package dev.unmask.sample;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/** The different sets of tokens that positions of a session are restricted to, numbered from 1 as they are met. */
final class Restrictions {
    private final List<BitSet> sets = new ArrayList<>();

    /** Notes what is asked, before the passes that need to know how many sets there are. */
    void note(List<Denoiser.Query> queries) {
        for (Denoiser.Query query : queries) {
            for (BitSet allowed : query.allowed().values()) {
                if (!sets.contains(allowed)) {
                    sets.add(allowed);
                }
            }
        }
    }

    /** The number of a position's set; 0: any token may stand there. */
    int kind(Denoiser.Query query, int position) {
        BitSet allowed = query.allowed().get(position);
        return allowed == null ? 0 : sets.indexOf(allowed) + 1;
    }

    List<BitSet> sets() {
        return sets;
    }

    /** Refuses positions at which no token may stand. */
    static void require(Map<Integer, BitSet> allowed, SamplerSettings settings, int vocabulary) {
        allowed.forEach((position, tokens) -> {
            BitSet left = (BitSet) tokens.clone();
            settings.bannedTokens().forEach(left::clear);
            int first = left.nextSetBit(0);
            Expect.that(
                    first >= 0 && first < vocabulary,
                    "allowed tokens: found none at position %d that is not banned, expected at least one",
                    position);
        });
    }
}
