package dev.unmask.serve.api;

import dev.unmask.sample.Cancellation;
import dev.unmask.sample.Denoiser;
import dev.unmask.serve.engine.Workshop;

import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** The tokens that a masked model finds the likeliest at a place. Asked on the engine's thread. */
final class LikelyTokens {
    private final Denoiser denoiser;
    private final Set<Integer> banned;

    /**
     * Asks a model.
     *
     * @param banned tokens that are never chosen; the others share their probability
     */
    LikelyTokens(Workshop workshop, Set<Integer> banned) {
        this.denoiser = workshop.masked().denoiser();
        this.banned = banned;
    }

    /**
     * Asks about one place.
     *
     * @param ids tokens and masks; whatever stands at the place is masked
     * @param position the place
     * @param guidance scale by which the tokens that are there guide
     * @param count how many at the most
     * @param cancellation is asked first
     * @return the likeliest first
     */
    List<LikelyToken> at(int[] ids, int position, double guidance, int count, Cancellation cancellation) {
        cancellation.check("looking for likely tokens");
        int[] masked = ids.clone();
        masked[position] = denoiser.maskToken();
        BitSet prompt = new BitSet();
        IntStream.range(0, ids.length).filter(i -> masked[i] != denoiser.maskToken()).forEach(prompt::set);
        float[] logits = new float[denoiser.vocabulary()];
        denoiser.logits(
                List.of(masked),
                prompt,
                position,
                prompt.isEmpty() ? 0 : guidance,
                (sequence, row) -> System.arraycopy(row, 0, logits, 0, logits.length));
        int[] candidates =
                IntStream.range(0, logits.length)
                        .filter(id -> id != denoiser.maskToken() && !banned.contains(id))
                        .toArray();
        double largest = IntStream.of(candidates).mapToDouble(id -> logits[id]).max().orElse(0);
        double sum = IntStream.of(candidates).mapToDouble(id -> Math.exp(logits[id] - largest)).sum();
        double normalizer = largest + Math.log(sum);
        return IntStream.of(candidates)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer id) -> -logits[id]))
                .limit(count)
                .map(id -> new LikelyToken(id, logits[id] - normalizer))
                .toList();
    }
}
