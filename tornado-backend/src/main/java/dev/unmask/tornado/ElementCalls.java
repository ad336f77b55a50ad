package dev.unmask.tornado;

import static dev.unmask.tornado.Calls.groupsOf;
import static dev.unmask.tornado.Calls.rows;
import static dev.unmask.tornado.Calls.size;
import static dev.unmask.tornado.Calls.width;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Dropout;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.MovingAverage;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.tensor.kernel.Scale;
import dev.unmask.tensor.kernel.ScatterHeads;
import dev.unmask.tensor.kernel.ScatterRows;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;

/** Kernels over elements, and those that move rows, as calls of device kernels. */
record ElementCalls(Calls calls) {
    void lower(Add k) {
        calls.elements(Entry.ADD, k.out(), calls.at(k.left()), calls.at(k.right()), calls.at(k.out()), size(k.out()));
    }

    void lower(Copy k) {
        if (k.source().dtype() == DType.I32) {
            calls.elements(Entry.COPY_WORDS, k.target(), calls.at(k.source()), calls.at(k.target()), size(k.target()));
        } else {
            calls.copyWords(k.source(), k.target());
        }
    }

    void lower(Embed k) {
        calls.elements(
                k.table().dtype() == DType.BF16 ? Entry.WIDEN : Entry.EMBED,
                k.out(),
                calls.at(k.ids()),
                calls.at(k.table()),
                calls.at(k.out()),
                size(k.out()),
                width(k.out()));
    }

    void lower(Fill k) {
        calls.elements(Entry.FILL, k.target(), calls.at(k.target()), size(k.target()), calls.constant(k.value()));
    }

    void lower(GatherRows k) {
        calls.elements(
                Entry.GATHER_ROWS,
                k.out(),
                calls.at(k.source()),
                calls.at(k.rows()),
                calls.at(k.out()),
                rows(k.out()),
                width(k.out()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(Guide k) {
        calls.elements(
                Entry.GUIDE,
                k.out(),
                calls.at(k.conditional()),
                calls.at(k.unconditional()),
                calls.at(k.scale()),
                calls.at(k.out()),
                rows(k.out()),
                width(k.out()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(AddBias k) {
        calls.elements(
                Entry.ADD_BIAS,
                k.out(),
                calls.at(k.x()),
                calls.at(k.bias()),
                calls.at(k.out()),
                rows(k.out()),
                width(k.out()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(Dropout k) {
        calls.elements(
                Entry.DROPOUT,
                k.out(),
                calls.at(k.x()),
                calls.constant(k.factor()),
                calls.at(k.out()),
                rows(k.out()),
                width(k.out()),
                calls.count(k.limit()),
                k.limit().first(),
                k.accumulate() ? 1 : 0,
                k.threshold(),
                k.stream(),
                calls.at(k.draw()),
                calls.at(k.rows()));
    }

    void lower(MovingAverage k) {
        calls.elements(
                Entry.MOVING_AVERAGE,
                k.average(),
                calls.at(k.average()),
                calls.at(k.value()),
                calls.at(k.share()),
                size(k.average()));
    }

    void lower(Scale k) {
        calls.elements(
                Entry.SCALE,
                k.out(),
                calls.at(k.x()),
                calls.constant(k.factor()),
                calls.at(k.out()),
                rows(k.out()),
                width(k.out()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(Gelu k) {
        calls.elements(
                Entry.GELU,
                k.out(),
                calls.at(k.x()),
                calls.at(k.out()),
                rows(k.out()),
                width(k.out()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(GeluBackward k) {
        calls.elements(
                Entry.GELU_BACKWARD,
                k.x(),
                calls.at(k.x()),
                calls.at(k.outGradient()),
                calls.at(k.xGradient()),
                rows(k.x()),
                width(k.x()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(ScatterRows k) {
        calls.elements(
                Entry.SCATTER_ROWS,
                k.source(),
                calls.at(k.source()),
                calls.at(k.rows()),
                calls.at(k.target()),
                rows(k.source()),
                width(k.source()),
                calls.count(k.limit()),
                k.limit().first(),
                k.accumulate() ? 1 : 0);
    }

    void lower(SwiGlu k) {
        calls.elements(
                Entry.SWIGLU,
                k.out(),
                calls.at(k.gate()),
                calls.at(k.up()),
                calls.at(k.out()),
                rows(k.out()),
                width(k.out()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(SwiGluBackward k) {
        calls.elements(
                Entry.SWIGLU_BACKWARD,
                k.gate(),
                calls.at(k.gate()),
                calls.at(k.up()),
                calls.at(k.outGradient()),
                calls.at(k.gateGradient()),
                calls.at(k.upGradient()),
                rows(k.gate()),
                width(k.gate()),
                calls.count(k.limit()),
                k.limit().first());
    }

    void lower(Rope k) {
        HeadRows heads = k.heads();
        int turned = heads.rows() * heads.count() * (heads.size() / 2);
        calls.groups(
                Entry.ROPE,
                groupsOf(turned, Entry.ROPE.threadsX() * ElementKernels.ELEMENTS),
                1,
                calls.at(heads),
                calls.at(k.positions()),
                calls.at(k.table()),
                heads.rows(),
                heads.count(),
                heads.size(),
                heads.columns(),
                heads.run(),
                heads.step(),
                k.inverse() ? 1 : 0);
    }

    void lower(ScatterHeads k) {
        HeadRows source = k.source();
        HeadRows target = k.target();
        int copied = source.rows() * source.count() * source.size();
        calls.groups(
                Entry.SCATTER_HEADS,
                groupsOf(copied, Entry.SCATTER_HEADS.threadsX() * ElementKernels.ELEMENTS),
                1,
                calls.at(source),
                source.columns(),
                source.run(),
                source.step(),
                calls.at(k.rows()),
                calls.at(target),
                target.columns(),
                target.run(),
                target.step(),
                source.rows(),
                source.count(),
                source.size());
    }
}
