package dev.unmask.tests;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.Truncate;
import dev.unmask.tests.CaseOperands.Live;

import java.util.ArrayList;
import java.util.List;

/** The cases of what is done with logits. */
final class LogitCases {
    private LogitCases() {}

    private enum Logits {
        USUAL,
        /** Over ±60: probabilities down to the least numbers. */
        STEEP,
        LARGE,
        /** One token has nearly all the probability. */
        CERTAIN,
        /** Most tokens are ruled out. */
        RULED_OUT,
        /** All tokens are as likely. */
        EQUAL;

        Tensor on(CaseOperands o, int live, int rows, int vocabulary) {
            return switch (this) {
                case USUAL -> o.liveRows("logits", 4, live, rows, vocabulary);
                case STEEP -> o.liveRows("logits", 60, live, rows, vocabulary);
                case LARGE -> o.liveRows("logits", 1e4, live, rows, vocabulary);
                case CERTAIN ->
                        o.floats("logits", i -> i % vocabulary == vocabulary / 2 ? 60 : Math.sin(i), rows, vocabulary);
                case RULED_OUT ->
                        o.floats("logits", i -> i % 3 == 1 || vocabulary == 1 ? Math.cos(i) : -1e30, rows, vocabulary);
                case EQUAL -> o.floats("logits", i -> 1.25, rows, vocabulary);
            };
        }
    }

    private record Loss(int rows, int vocabulary, int entries, Live live, Logits logits) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new CrossEntropy(
                    logits.on(o, live.rows(rows), rows, vocabulary),
                    o.liveEntries("targets", vocabulary, live, rows, entries),
                    o.limit(live),
                    o.unwritten("losses", entries),
                    o.unwritten("log-sum-exp", entries));
        }
    }

    private record LossGradient(int rows, int vocabulary, int entries, Live live, Logits kind, boolean inPlace)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor logits = kind.on(o, live.rows(rows), rows, vocabulary);
            return new CrossEntropyBackward(
                    logits,
                    o.liveEntries("targets", vocabulary, live, rows, entries),
                    o.floats("weights", 3, entries),
                    o.floats("log-sum-exp", entry -> logSumExp(o.values(logits), entry - live.first()), entries),
                    o.limit(live),
                    inPlace ? logits : o.unwritten("gradient of logits", rows, vocabulary));
        }

        private double logSumExp(double[] logits, int row) {
            if (row < 0 || row >= live.rows(rows)) {
                return Double.NaN;
            }
            double max = Double.NEGATIVE_INFINITY;
            for (int v = 0; v < vocabulary; v++) {
                max = Math.max(max, logits[row * vocabulary + v]);
            }
            double sum = 0;
            for (int v = 0; v < vocabulary; v++) {
                sum += Math.exp(logits[row * vocabulary + v] - max);
            }
            return max + Math.log(sum);
        }
    }

    private enum Into {
        OTHER,
        CONDITIONAL,
        UNCONDITIONAL
    }

    private record Guidance(int rows, int vocabulary, Live live, double scale, Logits logits, Into into)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor conditional = logits.on(o, live.rows(rows), rows, vocabulary);
            Tensor unconditional = o.liveRows("unconditional", 4, live.rows(rows), rows, vocabulary);
            return new Guide(
                    conditional,
                    unconditional,
                    o.floats("scale", i -> scale, 1),
                    o.limit(live),
                    switch (into) {
                        case OTHER -> o.unwritten("out", rows, vocabulary);
                        case CONDITIONAL -> conditional;
                        case UNCONDITIONAL -> unconditional;
                    });
        }
    }

    private record Choice(
            int rows, int vocabulary, int entries, Live live, Logits logits, double temperature, long step)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            int[] seed = {0x89ABCDEF, 0x7FFF0123, (int) step, (int) (step >>> 32)};
            return new Choose(
                    logits.on(o, live.rows(rows), rows, vocabulary),
                    o.limit(live),
                    o.floats("temperature", i -> temperature, 1),
                    o.integers("seed", i -> seed[i], 4),
                    o.integers("keys", i -> i * 7919, entries),
                    o.integers("tokens", i -> -7, entries),
                    o.unwritten("log-confidence", entries),
                    o.unwritten("margin", entries),
                    o.unwritten("entropy", entries));
        }
    }

    private record Truncation(
            int rows, int vocabulary, Live live, Logits logits, double temperature, int most, double share)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            double[] settings = {temperature, most, share};
            return new Truncate(
                    logits.on(o, live.rows(rows), rows, vocabulary),
                    o.limit(live),
                    o.floats("settings", i -> settings[i], settings.length));
        }
    }

    private record Penalty(int rows, int vocabulary, int entries, Live live, int seen, double penalty)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new Penalize(
                    o.liveRows("logits", 4, live.rows(rows), rows, vocabulary),
                    o.limit(live),
                    // Different tokens of three sequences, some of them of none.
                    o.integers("seen", i -> i % seen % 3 == 2 ? -1 - i : i % seen, 3, seen),
                    o.liveEntries("sequences", 3, live, rows, entries),
                    o.floats("penalty", i -> penalty, 1));
        }
    }

    static List<KernelCase> all() {
        List<KernelCase> cases = new ArrayList<>();
        int[][] sizes = {{1, 1}, {1, 17}, {3, 3}, {17, 33}, {5, 129}, {33, 70}, {3, 4099}};
        for (int[] s : sizes) {
            cases.add(new Loss(s[0], s[1], s[0], Live.ALL, Logits.USUAL));
            cases.add(new LossGradient(s[0], s[1], s[0], Live.ALL, Logits.USUAL, false));
            cases.add(new LossGradient(s[0], s[1], s[0], Live.ALL, Logits.USUAL, true));
            cases.add(new Guidance(s[0], s[1], Live.ALL, 1.5, Logits.USUAL, Into.OTHER));
            cases.add(new Choice(s[0], s[1], s[0], Live.ALL, Logits.USUAL, 0, 0));
            cases.add(new Choice(s[0], s[1], s[0], Live.ALL, Logits.USUAL, 1, 3));
        }
        for (int[] s : sizes) {
            cases.add(new Truncation(s[0], s[1], Live.ALL, Logits.USUAL, 0, 0, 1));
            cases.add(new Truncation(s[0], s[1], Live.ALL, Logits.USUAL, 0, 1, 1));
            cases.add(new Truncation(s[0], s[1], Live.ALL, Logits.USUAL, 0, 20, 1));
            cases.add(new Truncation(s[0], s[1], Live.ALL, Logits.USUAL, 0, 0, 0.8));
            cases.add(new Truncation(s[0], s[1], Live.ALL, Logits.USUAL, 0.3, 9, 0.9));
            cases.add(new Truncation(s[0], s[1], Live.ALL, Logits.USUAL, 2, 0, 0));
            cases.add(new Penalty(s[0], s[1], s[0], Live.ALL, 7, 1.3));
        }
        for (Logits logits : Logits.values()) {
            cases.add(new Truncation(17, 130, Live.ALL, logits, 0, 40, 1));
            cases.add(new Truncation(17, 130, Live.ALL, logits, 0, 120, 1));
            cases.add(new Truncation(17, 130, Live.ALL, logits, 0.7, 0, 0.95));
            cases.add(new Truncation(17, 130, Live.ALL, logits, 1.5, 10, 0.5));
            cases.add(new Loss(17, 130, 17, Live.ALL, logits));
            cases.add(new LossGradient(17, 130, 17, Live.ALL, logits, false));
            cases.add(new Guidance(17, 130, Live.ALL, 0.5, logits, Into.OTHER));
            cases.add(new Choice(17, 130, 17, Live.ALL, logits, 0, 1));
            cases.add(new Choice(17, 130, 17, Live.ALL, logits, 0.7, 1L << 40));
        }
        Live[] limits = {Live.of(0, 0), Live.of(5, 0), Live.of(9, 5), Live.of(3, 5), Live.of(99, 10), Live.of(17, 0)};
        for (Live live : limits) {
            cases.add(new Loss(7, 33, 17, live, Logits.USUAL));
            cases.add(new LossGradient(7, 33, 17, live, Logits.USUAL, false));
            cases.add(new LossGradient(7, 33, 17, live, Logits.USUAL, true));
            cases.add(new Guidance(7, 33, live, 2, Logits.USUAL, Into.OTHER));
            cases.add(new Choice(7, 33, 17, live, Logits.USUAL, 1, 9));
            cases.add(new Truncation(7, 33, live, Logits.USUAL, 1, 9, 0.7));
            cases.add(new Penalty(7, 33, 17, live, 40, 0.5));
        }
        cases.add(new Loss(1031, 70, 1031, Live.of(700, 0), Logits.USUAL));
        cases.add(new LossGradient(1031, 70, 1031, Live.of(700, 0), Logits.USUAL, true));
        cases.add(new Choice(1031, 70, 1031, Live.of(700, 0), Logits.USUAL, 1, 2));
        cases.add(new Guidance(17, 33, Live.ALL, 0, Logits.LARGE, Into.CONDITIONAL));
        cases.add(new Guidance(17, 33, Live.ALL, 4, Logits.USUAL, Into.CONDITIONAL));
        cases.add(new Guidance(17, 33, Live.of(3, 0), 4, Logits.USUAL, Into.UNCONDITIONAL));
        cases.add(new Choice(3, 1000, 3, Live.ALL, Logits.EQUAL, 1e-3, 5));
        cases.add(new Choice(3, 1000, 3, Live.ALL, Logits.USUAL, 30, 5));
        return cases;
    }
}
