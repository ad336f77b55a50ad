package dev.unmask.sample;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The perfect denoiser of a known joint distribution of few tokens: conditionals by summing over all texts. */
final class JointDenoiser implements Denoiser {
    static final int VOCABULARY = 3;
    static final int MASK = 3;

    private final int length;
    private final double[] joint;
    private final Map<List<Integer>, double[][]> known = new HashMap<>();

    /** How many passes there were, and about how many sequences. */
    int passes;

    int evaluations;

    private int block;

    /**
     * A distribution.
     *
     * @param joint of each text, read as a number of base 3 whose first digit is the first token, its probability
     */
    JointDenoiser(int length, double[] joint) {
        this.length = length;
        this.joint = joint;
    }

    /** A distribution in which tokens depend on each other much, but on nothing fully. */
    static JointDenoiser entangled(int length) {
        double[] joint = new double[(int) Math.pow(VOCABULARY, length)];
        double sum = 0;
        for (int text = 0; text < joint.length; text++) {
            double u = Philox.uniform53(5, Purpose.SYNTHESIS, 0, text);
            joint[text] = u * u * u + 0.002;
            sum += joint[text];
        }
        for (int text = 0; text < joint.length; text++) {
            joint[text] /= sum;
        }
        return new JointDenoiser(length, joint);
    }

    /** The same distribution, as if it were a model of block diffusion. */
    JointDenoiser inBlocks(int tokens) {
        block = tokens;
        return this;
    }

    @Override
    public int blockLength() {
        return block;
    }

    int length() {
        return length;
    }

    double probability(int text) {
        return joint[text];
    }

    int texts() {
        return joint.length;
    }

    static int number(int[] ids) {
        int number = 0;
        for (int id : ids) {
            number = VOCABULARY * number + id;
        }
        return number;
    }

    int[] text(int number) {
        int[] ids = new int[length];
        for (int i = length - 1, rest = number; i >= 0; i--, rest /= VOCABULARY) {
            ids[i] = rest % VOCABULARY;
        }
        return ids;
    }

    MaskedSequence blank(int stream) {
        return MaskedSequence.continuing(new int[0], length, MASK, stream);
    }

    /** Of each position the distribution given all others that are not masked. */
    double[][] conditionals(int[] ids) {
        return known.computeIfAbsent(Arrays.stream(ids).boxed().toList(), key -> compute(ids));
    }

    private double[][] compute(int[] ids) {
        double[][] p = new double[length][VOCABULARY];
        for (int text = 0; text < joint.length; text++) {
            int[] tokens = text(text);
            for (int i = 0; i < length; i++) {
                boolean agrees = true;
                for (int j = 0; j < length; j++) {
                    agrees &= j == i || ids[j] == MASK || ids[j] == tokens[j];
                }
                p[i][tokens[i]] += agrees ? joint[text] : 0;
            }
        }
        for (double[] row : p) {
            double sum = Arrays.stream(row).sum();
            Arrays.setAll(row, v -> row[v] / sum);
        }
        return p;
    }

    @Override
    public int vocabulary() {
        return VOCABULARY;
    }

    @Override
    public int embeddingRows() {
        return VOCABULARY + 1;
    }

    @Override
    public int maskToken() {
        return MASK;
    }

    @Override
    public int maxLength() {
        return length;
    }

    double[] logits(int[] ids, BitSet prompt, int position, double guidance) {
        double[] c = conditionals(ids)[position];
        int[] blind = ids.clone();
        prompt.stream().forEach(i -> blind[i] = MASK);
        double[] u = conditionals(blind)[position];
        double[] logits = new double[VOCABULARY];
        Arrays.setAll(logits, v -> Math.log(u[v]) + (1 + guidance) * (Math.log(c[v]) - Math.log(u[v])));
        return logits;
    }

    @Override
    public Session open(int batch, int longest, SamplerSettings settings) {
        return (queries, guidance, step) -> {
            passes++;
            int entries = queries.stream().mapToInt(query -> query.positions().length).sum();
            Table table = new Table(new int[entries], new float[entries], new float[entries], new float[entries]);
            int entry = 0;
            for (Query query : queries) {
                evaluations++;
                for (int position : query.positions()) {
                    double[] row = logits(query.ids(), query.prompt(), position, guidance);
                    settings.bannedTokens().forEach(token -> row[token] = Double.NEGATIVE_INFINITY);
                    table.choose(entry++, row, settings, step, query.firstKey() + position);
                }
            }
            return table;
        };
    }

    @Override
    public void logits(List<int[]> sequences, BitSet prompt, int position, double guidance, Rows rows) {
        float[] row = new float[VOCABULARY];
        for (int i = 0; i < sequences.size(); i++) {
            double[] logits = logits(sequences.get(i), prompt, position, guidance);
            for (int v = 0; v < VOCABULARY; v++) {
                row[v] = (float) logits[v];
            }
            rows.row(i, row);
        }
    }

    @Override
    public float[] crossEntropy(int batch, List<Scored> texts, double guidance) {
        passes++;
        evaluations += texts.size();
        int entries = texts.stream().mapToInt(text -> text.positions().length).sum();
        float[] losses = new float[entries];
        int entry = 0;
        for (Scored text : texts) {
            for (int i = 0; i < text.positions().length; i++) {
                double[] row = logits(text.ids(), text.prompt(), text.positions()[i], guidance);
                double sum = Arrays.stream(row).map(Math::exp).sum();
                losses[entry++] = (float) (Math.log(sum) - row[text.tokens()[i]]);
            }
        }
        return losses;
    }

    /** Proposals on the host. */
    record Table(int[] tokens, float[] logConfidence, float[] margin, float[] entropy) implements Proposals {
        void choose(int entry, double[] row, SamplerSettings settings, int step, long key) {
            double max = Arrays.stream(row).max().orElseThrow();
            double logSum = max + Math.log(Arrays.stream(row).map(x -> Math.exp(x - max)).sum());
            int best = 0;
            double most = Double.NEGATIVE_INFINITY;
            double first = 0;
            double second = 0;
            double spread = 0;
            for (int v = 0; v < row.length; v++) {
                double u = Philox.uniform53(settings.seed(), Purpose.GUMBEL, step, key * row.length + v);
                double noisy = row[v] - settings.temperature() * Math.log(-Math.log(u));
                if (noisy > most) {
                    most = noisy;
                    best = v;
                }
                double p = Math.exp(row[v] - logSum);
                second = Math.max(second, Math.min(first, p));
                first = Math.max(first, p);
                spread -= p == 0 ? 0 : p * Math.log(p);
            }
            tokens[entry] = best;
            logConfidence[entry] = (float) (row[best] - logSum);
            margin[entry] = (float) (first - second);
            entropy[entry] = (float) spread;
        }
    }
}
