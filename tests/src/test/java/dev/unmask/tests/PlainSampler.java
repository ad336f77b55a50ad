package dev.unmask.tests;

import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.sample.Count;
import dev.unmask.sample.LogitFilters;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Order;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * METHOD §4 and §8.3 word by word, for one sequence: the model runs in every step, all logits come to the host, and
 * everything after them is float64.
 */
final class PlainSampler {
    private final Transformer model;
    private final TokenBatch input;
    private final Tensor logits;
    private final Program program;
    private final int length;
    private final int vocabulary;
    private final int mask;

    PlainSampler(Backend backend, Transformer model, int length) {
        this.model = model;
        this.length = length;
        this.vocabulary = model.config().vocabulary();
        this.mask = model.config().causal() ? -1 : model.config().maskToken();
        this.input = TokenBatch.allocate(backend, model.config(), 1, length);
        this.logits = backend.allocate("logits", DType.F32, Shape.of(length, vocabulary));
        this.program =
                backend.record(recorder -> {
                    Ops ops = Ops.inference(recorder, Precision.F32);
                    recorder.add(new Copy(model.logits(ops, model.hidden(ops, input)), logits));
                });
    }

    double[][] logits(int[] ids) {
        input.ids().set(ids);
        program.run();
        float[] flat = logits.floats();
        double[][] rows = new double[length][vocabulary];
        for (int i = 0; i < flat.length; i++) {
            rows[i / vocabulary][i % vocabulary] = flat[i];
        }
        return rows;
    }

    double[][] guided(int[] ids, MaskedSequence sequence, double scale) {
        double[][] conditional = logits(ids);
        if (scale == 0) {
            return conditional;
        }
        int[] blind = ids.clone();
        sequence.prompt().stream().forEach(i -> blind[i] = mask);
        double[][] unconditional = logits(blind);
        for (int i = 0; i < length; i++) {
            for (int v = 0; v < vocabulary; v++) {
                double u = unconditional[i][v];
                conditional[i][v] = u + (1 + scale) * (conditional[i][v] - u);
            }
        }
        return conditional;
    }

    int[] sample(MaskedSequence sequence, SamplerSettings settings) {
        int[] ids = sequence.ids();
        int all = (int) Arrays.stream(ids).filter(id -> id == mask).count();
        int steps = settings.count().steps().orElse(all);
        for (int step = 0; step < steps; step++) {
            double unmasking = step == steps - 1 ? 1 : 1 - time(step + 1, steps) / time(step, steps);
            double[][] rows = guided(ids, sequence, settings.guidance().scale());
            ban(rows, settings.bannedTokens());
            for (double[] row : rows) {
                filter(row, settings.filters(), ids);
            }
            int[] proposal = new int[length];
            double[] score = new double[length];
            List<Integer> masked = new ArrayList<>();
            for (int i = 0; i < length; i++) {
                long key = (long) sequence.stream() * model.config().maxLength() + i;
                proposal[i] = choose(rows[i], settings, step, key);
                score[i] = score(rows[i], proposal[i], settings.order());
                boolean drawn =
                        !(settings.count() instanceof Count.Ancestral)
                                || Philox.uniform53(settings.seed(), Purpose.ORDER, step, key) < unmasking;
                if (ids[i] == mask && drawn) {
                    masked.add(i);
                }
            }
            int evenly = all / steps + (step < all % steps ? 1 : 0);
            int floored = (int) (masked.size() * unmasking);
            int count = settings.count() instanceof Count.Smdm ? floored : evenly;
            masked.sort(Comparator.comparingDouble((Integer i) -> -score[i]));
            masked.subList(0, settings.count() instanceof Count.Ancestral ? masked.size() : count)
                    .forEach(i -> ids[i] = proposal[i]);
        }
        return ids;
    }

    static void ban(double[][] rows, Set<Integer> tokens) {
        for (double[] row : rows) {
            tokens.forEach(token -> row[token] = Double.NEGATIVE_INFINITY);
        }
    }

    /** Repetition penalty, top-k, top-p, as {@link LogitFilters} says; equal logits do not occur. */
    private static void filter(double[] row, LogitFilters filters, int[] ids) {
        for (int token = 0; token < row.length; token++) {
            int wanted = token;
            if (Arrays.stream(ids).anyMatch(id -> id == wanted)) {
                row[token] =
                        row[token] > 0
                                ? row[token] / filters.repetitionPenalty()
                                : row[token] * filters.repetitionPenalty();
            }
        }
        List<Integer> falling = new ArrayList<>();
        for (int token = 0; token < row.length; token++) {
            falling.add(token);
        }
        falling.sort(Comparator.comparingDouble(token -> -row[token]));
        if (filters.topK() > 0) {
            falling.subList(Math.min(filters.topK(), row.length), row.length).forEach(token -> row[token] = -1e30);
        }
        double temperature = filters.temperature() == 0 ? 1 : filters.temperature();
        double[] p = softmax(Arrays.stream(row).map(x -> x / temperature).toArray());
        double before = 0;
        for (int token : falling) {
            if (before > filters.topP()) {
                row[token] = -1e30;
            }
            before += p[token];
        }
    }

    private static double time(int step, int steps) {
        return 1 - step * (1 - Count.Smdm.EPSILON) / steps;
    }

    static int choose(double[] row, SamplerSettings settings, int step, long key) {
        int best = 0;
        double most = Double.NEGATIVE_INFINITY;
        for (int v = 0; v < row.length; v++) {
            double noisy = row[v];
            if (settings.temperature() > 0) {
                double u = Philox.uniform53(settings.seed(), Purpose.GUMBEL, step, key * row.length + v);
                noisy -= settings.temperature() * Math.log(-Math.log(u));
            }
            if (noisy > most) {
                most = noisy;
                best = v;
            }
        }
        return best;
    }

    static double[] softmax(double[] row) {
        double max = Double.NEGATIVE_INFINITY;
        for (double logit : row) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        double[] p = new double[row.length];
        for (int v = 0; v < p.length; v++) {
            p[v] = Math.exp(row[v] - max);
            sum += p[v];
        }
        for (int v = 0; v < p.length; v++) {
            p[v] /= sum;
        }
        return p;
    }

    private static double score(double[] row, int token, Order order) {
        double[] p = softmax(row);
        return switch (order.label()) {
            case "random" -> 0;
            case "confidence" -> p[token];
            case "margin" -> {
                double first = 0;
                double second = 0;
                for (double value : p) {
                    second = Math.max(second, Math.min(first, value));
                    first = Math.max(first, value);
                }
                yield first - second;
            }
            case "entropy" -> {
                double sum = 0;
                for (double value : p) {
                    sum += value == 0 ? 0 : value * Math.log(value);
                }
                yield sum;
            }
            default -> throw new IllegalArgumentException(order.label());
        };
    }
}
