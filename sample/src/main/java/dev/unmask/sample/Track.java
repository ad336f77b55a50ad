package dev.unmask.sample;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Sequences whose positions compete for being unmasked, and how far they have come: one sequence, or, in the scope of
 * the batch, all of them. A place is {@code sequence · stride + position}.
 */
final class Track {
    /** Positions {@code from … to-1} of every sequence, in so many steps. */
    private record Block(int from, int to, int initial, int steps) {}

    private final List<Canvas> canvases;
    private final SamplerSettings settings;
    private final int stride;
    private final List<Block> blocks = new ArrayList<>();
    private int block;
    private int began;
    private int extraPasses;

    /**
     * A track at its beginning.
     *
     * @param stride more than the last position of any of the sequences
     * @param modelBlock of a model of blocks their positions, from whose first ones blocks of the sampler are counted
     */
    Track(List<Canvas> canvases, SamplerSettings settings, int stride, int modelBlock) {
        this.canvases = canvases;
        this.settings = settings;
        this.stride = stride;
        List<int[]> ranges = ranges(modelBlock);
        OptionalInt steps = settings.count().steps();
        for (int i = 0; i < ranges.size(); i++) {
            int from = ranges.get(i)[0];
            int to = ranges.get(i)[1];
            int initial = masked(from, to).length;
            int share = settings.count().steps(initial);
            if (steps.isPresent()) {
                long all = steps.getAsInt();
                share = (int) Math.max(1, (i + 1) * all / ranges.size() - i * all / ranges.size());
            }
            blocks.add(new Block(from, to, initial, share));
        }
    }

    /** Ranges that hold masked positions. */
    private List<int[]> ranges(int modelBlock) {
        int first = stride;
        int end = 0;
        for (Canvas canvas : canvases) {
            BitSet masked = canvas.masked();
            if (!masked.isEmpty()) {
                first = Math.min(first, masked.nextSetBit(0));
                end = Math.max(end, masked.length());
            }
        }
        int length = settings.blocks().length().orElse(stride);
        List<int[]> ranges = new ArrayList<>();
        if (modelBlock > 0) {
            first = first / modelBlock * modelBlock;
        }
        for (int from = first; from < end; from += length) {
            int to = Math.min(from + length, end);
            if (masked(from, to).length > 0) {
                ranges.add(new int[] {from, to});
            }
        }
        return ranges;
    }

    private int[] masked(int from, int to) {
        return places(from, to, false);
    }

    private int[] places(int from, int to, boolean placed) {
        int[] places = new int[canvases.size() * (to - from)];
        int count = 0;
        for (int i = 0; i < canvases.size(); i++) {
            BitSet generated = canvases.get(i).generated();
            BitSet masked = canvases.get(i).masked();
            for (int at = generated.nextSetBit(from); at >= 0 && at < to; at = generated.nextSetBit(at + 1)) {
                if (masked.get(at) != placed) {
                    places[count++] = i * stride + at;
                }
            }
        }
        return Arrays.copyOf(places, count);
    }

    Canvas canvas(int place) {
        return canvases.get(place / stride);
    }

    int position(int place) {
        return place % stride;
    }

    List<Canvas> canvases() {
        return canvases;
    }

    /** The number of steps at the most. */
    int steps() {
        Count count = settings.count();
        boolean always = count.alwaysAdvances() && !settings.remasking().masksAgain();
        return blocks.stream()
                .mapToInt(b -> {
                    int steps = count.overruns() ? b.steps + b.initial : b.steps;
                    return (always ? Math.min(steps, b.initial) : steps) + settings.remasking().extraPasses();
                })
                .sum();
    }

    boolean done() {
        return block == blocks.size() || canvases.stream().allMatch(Canvas::ended);
    }

    private double draw(Purpose purpose, int round, int place) {
        return Philox.uniform53(settings.seed(), purpose, round, (long) canvas(place).firstKey() + position(place));
    }

    /** A random number for remasking a place. */
    double remaskingDraw(int round, int place) {
        return draw(Purpose.REMASK, round, place);
    }

    /** What is to be done in a round; empty if nothing. */
    Optional<Turn> turn(int round, Step.Clock clock) {
        Block now = blocks.get(block);
        int[] masked = masked(now.from, now.to);
        Remasking remasking = settings.remasking();
        boolean revises = remasking.looksAgain() || remasking.masksAgain();
        int[] placed = revises ? places(now.from, now.to, true) : new int[0];
        int later = blocks.subList(block + 1, blocks.size()).stream().mapToInt(Block::initial).sum();
        int index = round - began;
        Step plain =
                new Step(
                        index,
                        now.steps,
                        now.initial,
                        masked.length,
                        later,
                        0,
                        clock,
                        place -> draw(Purpose.ORDER, round, place));
        Step step =
                remasking.masksAgain() && !plain.last()
                        ? plain.remasking(remasking.chance(plain.time(), plain.nextTime()))
                        : plain;
        int most = masked.length == 0 ? 0 : settings.count().most(step, masked);
        if (most == 0 && placed.length == 0) {
            advance(round, true);
            return Optional.empty();
        }
        Denoiser.Window window = new Denoiser.Window(now.from, now.to, index == 0);
        return Optional.of(new Turn(this, settings, new Turn.Task(round, step, masked, placed, most, window)));
    }

    /**
     * Goes on to the next block if this one is finished.
     *
     * @param idle whether the round changed nothing
     */
    void advance(int round, boolean idle) {
        Block now = blocks.get(block);
        if (settings.stop().early()) {
            canvases.forEach(canvas -> canvas.endAt(settings.stop().ends()));
        }
        if (masked(now.from, now.to).length > 0) {
            return;
        }
        boolean finished = true;
        if (settings.remasking().masksAgain()) {
            finished = round - began >= now.steps - 1;
        } else if (settings.remasking().extraPasses() > 0) {
            finished = idle || extraPasses == settings.remasking().extraPasses();
            extraPasses++;
        }
        if (finished) {
            block++;
            began = round + 1;
            extraPasses = 0;
        }
    }
}
