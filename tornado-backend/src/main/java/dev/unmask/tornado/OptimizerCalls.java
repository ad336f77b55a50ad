package dev.unmask.tornado;

import static dev.unmask.tornado.Calls.groupsOf;
import static dev.unmask.tornado.Calls.size;

import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.SumOfSquares;

import java.util.List;

/** Updates of parameters, and sums of squares, many at a time as calls of device kernels. */
record OptimizerCalls(Calls calls) {
    void sumsOfSquares(List<SumOfSquares> kernels) {
        int address = calls.list();
        long sums = calls.at(kernels.getFirst().sums());
        for (SumOfSquares k : kernels) {
            long x = calls.at(k.x());
            calls.list(Address.place(x), size(k.x()), k.slot(), Address.bank(x));
        }
        calls.groups(Entry.SQUARES_IN_PARTS, OptimizerKernels.PARTS, kernels.size(), address, calls.workspace());
        calls.groups(Entry.SUMS_OF_PARTS, kernels.size(), 1, address, calls.workspace(), sums, kernels.size());
    }

    void adamW(List<AdamW> kernels) {
        int address = calls.list();
        int groups = 0;
        for (AdamW k : kernels) {
            long[] operands = {
                calls.at(k.parameter()), calls.at(k.gradient()), calls.at(k.firstMoment()), calls.at(k.secondMoment())
            };
            calls.list(groups, size(k.parameter()));
            for (long operand : operands) {
                calls.list(Address.place(operand));
            }
            for (long operand : operands) {
                calls.list(Address.bank(operand));
            }
            groups += groupsOf(size(k.parameter()), OptimizerKernels.UPDATED);
        }
        calls.groups(
                Entry.ADAMW,
                groups,
                1,
                address,
                kernels.size(),
                calls.at(kernels.getFirst().squaredNorms()),
                size(kernels.getFirst().squaredNorms()),
                calls.at(kernels.getFirst().settings()));
    }
}
