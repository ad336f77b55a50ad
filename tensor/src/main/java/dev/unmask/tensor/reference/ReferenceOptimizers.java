package dev.unmask.tensor.reference;

import static dev.unmask.tensor.reference.ReferenceKernels.UNIT;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.MovingAverage;
import dev.unmask.tensor.kernel.SumOfSquares;

import java.util.Arrays;
import java.util.function.Function;

/** What changes weights, in float64, with bounds; see {@link ReferenceKernels}. */
final class ReferenceOptimizers {
    private final Function<Tensor, HostTensor> memory;

    ReferenceOptimizers(Function<Tensor, HostTensor> memory) {
        this.memory = memory;
    }

    private HostTensor host(Tensor tensor) {
        return memory.apply(tensor);
    }

    private double[] values(Tensor tensor) {
        return host(tensor).values;
    }

    void sumOfSquares(SumOfSquares k) {
        double sum = 0;
        for (double x : values(k.x())) {
            sum += x * x;
        }
        host(k.sums()).put(k.slot(), sum, 2 * UNIT * sum);
    }

    void movingAverage(MovingAverage k) {
        double share = values(k.share())[0];
        HostTensor average = host(k.average());
        for (int i = 0; i < average.values.length; i++) {
            double before = average.values[i];
            double way = values(k.value())[i] - before;
            double after = before + share * way;
            average.put(i, after, UNIT * (Math.abs(after) + 4 * Math.abs(share * way)));
        }
    }

    void adamW(AdamW k) {
        double[] settings = values(k.settings());
        double rate = settings[AdamW.LEARNING_RATE];
        double beta1 = settings[AdamW.BETA1];
        double beta2 = settings[AdamW.BETA2];
        double norm = Math.sqrt(Arrays.stream(values(k.squaredNorms())).sum());
        double clip = Math.min(1, settings[AdamW.MAX_NORM] / (norm + 1e-6));
        double root = Math.sqrt(settings[AdamW.CORRECTION2]);
        HostTensor parameter = host(k.parameter());
        HostTensor firstMoment = host(k.firstMoment());
        HostTensor secondMoment = host(k.secondMoment());
        for (int i = 0; i < parameter.values.length; i++) {
            double gradient = clip * values(k.gradient())[i];
            double m = beta1 * firstMoment.values[i] + (1 - beta1) * gradient;
            double mScale = Math.abs(beta1 * firstMoment.values[i]) + Math.abs((1 - beta1) * gradient);
            double v = beta2 * secondMoment.values[i] + (1 - beta2) * gradient * gradient;
            double step = rate / settings[AdamW.CORRECTION1] / (Math.sqrt(v) / root + settings[AdamW.EPSILON]);
            double decayed = parameter.values[i] * (1 - rate * settings[AdamW.WEIGHT_DECAY]);
            firstMoment.put(i, m, 8 * UNIT * mScale);
            secondMoment.put(i, v, 16 * UNIT * v);
            parameter.put(i, decayed - step * m, UNIT * (4 * Math.abs(decayed) + 32 * step * mScale));
        }
    }
}
