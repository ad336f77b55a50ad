package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.tensor.kernel.Scale;
import dev.unmask.tensor.kernel.ScatterHeads;
import dev.unmask.tensor.kernel.ScatterRows;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.tensor.kernel.SumRows;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;
import dev.unmask.tensor.kernel.Truncate;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/** Turns kernels into calls of device kernels and products by a library, once it is known where the operands are. */
final class Lowering {
    /** Words of a kernel in a list of tensors or of heads, at most. */
    static final int LISTED = 6 * AttentionKernels.PLACE;

    private final ToIntFunction<Tensor> addresses;
    private final Room room;
    private final Predicate<Precision> multiplied;
    private final List<Float> constantValues = new ArrayList<>();
    private final List<Integer> listed = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();
    private final List<Class<? extends Kernel>> kinds = new ArrayList<>();
    private final PackedFactors packed;

    /**
     * Where a lowering may put what belongs to no operand.
     *
     * @param constants address of room for a float of each kernel
     * @param workspace address of {@link #workspaceElements} floats that kernels may use
     * @param lists address of room for {@link #LISTED} words of each kernel
     * @param packed address of words for {@link PackedFactors#SLOTS} factors
     * @param packedWords words of a factor, {@link #packedElements}
     */
    record Room(int constants, int workspace, int lists, int packed, int packedWords) {}

    /**
     * A lowering.
     *
     * @param addresses where each operand is
     * @param room for what belongs to no operand
     * @param multiplied in which precisions a library computes products
     */
    Lowering(ToIntFunction<Tensor> addresses, Room room, Predicate<Precision> multiplied) {
        this.addresses = addresses;
        this.room = room;
        this.multiplied = multiplied;
        this.packed = new PackedFactors(room.packed, room.packedWords);
    }

    /** Words that a factor of the products of some kernels takes as bfloat16, at most. */
    static long packedElements(List<Kernel> kernels, Predicate<Precision> multiplied) {
        long most = 0;
        for (Kernel kernel : kernels) {
            if (kernel instanceof Gemm k && k.precision() == Precision.BF16 && multiplied.test(Precision.BF16)) {
                most = Math.max(most, Math.max(k.a().shape().elements(), k.b().shape().elements()));
            }
        }
        return Space.rounded((most + 1) / 2);
    }

    /** Floats that some kernels, one after the other, need as workspace. */
    static long workspaceElements(List<Kernel> kernels, Predicate<Precision> multiplied) {
        long sums = 0;
        long partial = 0;
        long scores = 0;
        for (Kernel kernel : kernels) {
            if (kernel instanceof SumOfSquares) {
                sums += 2L * OptimizerKernels.PARTS;
            } else if (kernel instanceof RmsNormBackward k) {
                partial = Math.max(partial, (long) groupsOf(k.pieces(), RowKernels.BLOCK) * k.width());
            } else if (kernel instanceof LayerNormBackward k) {
                partial = Math.max(partial, (long) groupsOf(rows(k.x()), RowKernels.BLOCK) * width(k.x()));
            } else if (Stream.of(Precision.values()).anyMatch(multiplied)) {
                scores = Math.max(scores, AttentionProducts.workspaceElements(kernel));
            }
        }
        return Math.max(Math.max(sums, partial), scores);
    }

    /** Calls of device kernels that a kernel becomes, at most. */
    static int mostLaunches(Kernel kernel) {
        return 5 + AttentionProducts.pieces(kernel);
    }

    List<Step> steps() {
        return steps;
    }

    /** What kind of kernel each of the steps is for. */
    List<Class<? extends Kernel>> kinds() {
        return kinds;
    }

    /** The calls of device kernels among the steps. */
    List<Launch> launches() {
        return steps.stream().filter(Launch.class::isInstance).map(Launch.class::cast).toList();
    }

    /** What must stand at the address of the lists. */
    List<Integer> listed() {
        return listed;
    }

    /** Adds kernels; updates of parameters that follow each other become one launch, and so do sums of squares. */
    void addAll(List<Kernel> kernels) {
        List<Kernel> alike = new ArrayList<>();
        for (Kernel kernel : kernels) {
            if (!alike.isEmpty() && !areOneLaunch(alike, kernel)) {
                addAlike(alike);
                alike.clear();
            }
            alike.add(kernel);
        }
        if (!alike.isEmpty()) {
            addAlike(alike);
        }
    }

    private static boolean areOneLaunch(List<Kernel> alike, Kernel next) {
        return switch (alike.getFirst()) {
            case AdamW a ->
                    next instanceof AdamW b
                            && a.squaredNorms() == b.squaredNorms()
                            && a.settings() == b.settings()
                            && alike.stream().noneMatch(before -> before.outputs().contains(b.parameter()));
            case SumOfSquares a ->
                    next instanceof SumOfSquares b
                            && a.sums() == b.sums()
                            && b.x() != a.sums()
                            && alike.stream().noneMatch(before -> ((SumOfSquares) before).slot() == b.slot());
            default -> false;
        };
    }

    private void addAlike(List<Kernel> alike) {
        switch (alike.getFirst()) {
            case AdamW _ -> adamW(alike.stream().map(AdamW.class::cast).toList());
            case SumOfSquares _ -> sumsOfSquares(alike.stream().map(SumOfSquares.class::cast).toList());
            default -> add(alike.getFirst());
        }
        alike.forEach(kernel -> packed.written(kernel.outputs()));
        while (kinds.size() < steps.size()) {
            kinds.add(alike.getFirst().getClass());
        }
    }

    /** What must stand at the address of the constants. */
    List<Float> constantValues() {
        return constantValues;
    }

    void add(Kernel kernel) {
        switch (kernel) {
            case AdamW k -> adamW(List.of(k));
            case Add k -> elements(Entry.ADD, k.out(), at(k.left()), at(k.right()), at(k.out()), size(k.out()));
            case Attention k -> attention(k);
            case AttentionBackward k -> attentionBackward(k);
            case Choose k -> choose(k);
            case Truncate k ->
                    groups(
                            Entry.TRUNCATE,
                            rows(k.logits()),
                            1,
                            at(k.logits()),
                            at(k.settings()),
                            rows(k.logits()),
                            width(k.logits()),
                            count(k.limit()),
                            k.limit().first());
            case Penalize k ->
                    groups(
                            Entry.PENALIZE,
                            rows(k.logits()),
                            1,
                            at(k.logits()),
                            at(k.seen()),
                            at(k.sequences()),
                            at(k.penalty()),
                            rows(k.logits()),
                            width(k.logits()),
                            width(k.seen()),
                            count(k.limit()),
                            k.limit().first());
            case Copy k -> {
                if (k.source().dtype() == DType.I32) {
                    elements(Entry.COPY_WORDS, k.target(), at(k.source()), at(k.target()), size(k.target()));
                } else {
                    copy(k.source(), k.target(), RowLimit.ALL);
                }
            }
            case CrossEntropy k -> crossEntropy(k);
            case CrossEntropyBackward k -> crossEntropyBackward(k);
            case Embed k ->
                    elements(
                            Entry.EMBED,
                            k.out(),
                            at(k.ids()),
                            at(k.table()),
                            at(k.out()),
                            size(k.out()),
                            width(k.out()));
            case EmbedBackward k ->
                    groups(
                            Entry.EMBED_BACKWARD,
                            rows(k.outGradient()),
                            groupsOf(width(k.outGradient()), RowKernels.GROUP),
                            at(k.ids()),
                            at(k.outGradient()),
                            at(k.tableGradient()),
                            rows(k.outGradient()),
                            width(k.outGradient()));
            case Fill k -> elements(Entry.FILL, k.target(), at(k.target()), size(k.target()), constant(k.value()));
            case GatherRows k ->
                    elements(
                            Entry.GATHER_ROWS,
                            k.out(),
                            at(k.source()),
                            at(k.rows()),
                            at(k.out()),
                            rows(k.out()),
                            width(k.out()),
                            count(k.limit()),
                            k.limit().first());
            case Gemm k -> gemm(k);
            case Guide k ->
                    elements(
                            Entry.GUIDE,
                            k.out(),
                            at(k.conditional()),
                            at(k.unconditional()),
                            at(k.scale()),
                            at(k.out()),
                            rows(k.out()),
                            width(k.out()),
                            count(k.limit()),
                            k.limit().first());
            case AddBias k ->
                    elements(
                            Entry.ADD_BIAS,
                            k.out(),
                            at(k.x()),
                            at(k.bias()),
                            at(k.out()),
                            rows(k.out()),
                            width(k.out()),
                            count(k.limit()),
                            k.limit().first());
            case SumRows k ->
                    groups(
                            Entry.SUM_ROWS,
                            groupsOf(width(k.x()), RowKernels.SQUARE),
                            1,
                            at(k.x()),
                            at(k.sums()),
                            rows(k.x()),
                            width(k.x()),
                            count(k.limit()),
                            k.limit().first());
            case Scale k ->
                    elements(
                            Entry.SCALE,
                            k.out(),
                            at(k.x()),
                            constant(k.factor()),
                            at(k.out()),
                            rows(k.out()),
                            width(k.out()),
                            count(k.limit()),
                            k.limit().first());
            case Gelu k ->
                    elements(
                            Entry.GELU,
                            k.out(),
                            at(k.x()),
                            at(k.out()),
                            rows(k.out()),
                            width(k.out()),
                            count(k.limit()),
                            k.limit().first());
            case GeluBackward k ->
                    elements(
                            Entry.GELU_BACKWARD,
                            k.x(),
                            at(k.x()),
                            at(k.outGradient()),
                            at(k.xGradient()),
                            rows(k.x()),
                            width(k.x()),
                            count(k.limit()),
                            k.limit().first());
            case LayerNorm k ->
                    groups(
                            Entry.LAYER_NORM,
                            rows(k.x()),
                            1,
                            at(k.x()),
                            at(k.weight()),
                            constant(k.epsilon()),
                            at(k.out()),
                            at(k.mean()),
                            at(k.inverseDeviation()),
                            rows(k.x()),
                            width(k.x()),
                            count(k.limit()),
                            k.limit().first());
            case LayerNormBackward k -> layerNormBackward(k);
            case RmsNorm k ->
                    groups(
                            Entry.RMS_NORM,
                            k.pieces(),
                            1,
                            at(k.x()),
                            at(k.weight()),
                            constant(k.epsilon()),
                            at(k.out()),
                            at(k.inverseRms()),
                            k.pieces(),
                            k.width(),
                            count(k.limit()),
                            k.limit().first());
            case RmsNormBackward k -> rmsNormBackward(k);
            case Rope k -> rope(k);
            case ScatterHeads k -> scatterHeads(k);
            case ScatterRows k ->
                    elements(
                            Entry.SCATTER_ROWS,
                            k.source(),
                            at(k.source()),
                            at(k.rows()),
                            at(k.target()),
                            rows(k.source()),
                            width(k.source()),
                            count(k.limit()),
                            k.limit().first(),
                            k.accumulate() ? 1 : 0);
            case SumOfSquares k -> sumsOfSquares(List.of(k));
            case SwiGlu k ->
                    elements(
                            Entry.SWIGLU,
                            k.out(),
                            at(k.gate()),
                            at(k.up()),
                            at(k.out()),
                            rows(k.out()),
                            width(k.out()),
                            count(k.limit()),
                            k.limit().first());
            case SwiGluBackward k ->
                    elements(
                            Entry.SWIGLU_BACKWARD,
                            k.gate(),
                            at(k.gate()),
                            at(k.up()),
                            at(k.outGradient()),
                            at(k.gateGradient()),
                            at(k.upGradient()),
                            rows(k.gate()),
                            width(k.gate()),
                            count(k.limit()),
                            k.limit().first());
        }
    }

    private int at(Tensor tensor) {
        return addresses.applyAsInt(tensor);
    }

    private int at(Optional<Tensor> tensor) {
        return tensor.map(this::at).orElse(Arguments.NONE);
    }

    private int count(RowLimit limit) {
        return at(limit.count());
    }

    private static int size(Tensor tensor) {
        return Math.toIntExact(tensor.shape().elements());
    }

    private static int rows(Tensor tensor) {
        return tensor.shape().rows();
    }

    private static int width(Tensor tensor) {
        return tensor.shape().columns();
    }

    private int constant(float value) {
        constantValues.add(value);
        return room.constants + constantValues.size() - 1;
    }

    private static int groupsOf(int n, int size) {
        return (int) (((long) n + size - 1) / size);
    }

    private void elements(Entry entry, Tensor over, int... arguments) {
        groups(entry, groupsOf(size(over), entry.threadsX() * ElementKernels.ELEMENTS), 1, arguments);
    }

    private void groups(Entry entry, int groupsX, int groupsY, int... arguments) {
        if (groupsX > 0 && groupsY > 0) {
            steps.add(new Launch(entry, groupsX, groupsY, arguments));
        }
    }

    private void copy(Tensor source, Tensor target, RowLimit limit) {
        elements(Entry.COPY, target, at(source), at(target), rows(target), width(target), count(limit), limit.first());
    }

    private void gemm(Gemm k) {
        if (multiplied.test(k.precision())
                && k.limit().count().stream().allMatch(count -> ((TornadoTensor) count).hasMemory())) {
            product(k);
        } else {
            gemmByKernel(k);
        }
    }

    private void product(Gemm k) {
        Optional<Tensor> other = k.addend().filter(addend -> addend != k.c());
        other.ifPresent(addend -> copy(addend, k.c(), k.transposeA() ? RowLimit.ALL : k.limit()));
        Matrix a = factor(k.a(), k.transposeA(), k.limit(), k.precision());
        // What is summed over may be limited, and is of A and of B.
        Matrix b =
                factor(
                        k.b(),
                        k.transposeB(),
                        k.transposeA() && !k.transposeB() ? k.limit() : RowLimit.ALL,
                        k.precision());
        steps.add(
                new Product(
                        a,
                        b,
                        Matrix.of(at(k.c()), false, k.n()),
                        k.addend().isPresent(),
                        new Product.Size(k.m(), k.n(), k.k(), 1),
                        k.limit()
                                .count()
                                .map(count -> new LiveRows((TornadoTensor) count, k.limit().first(), rows(k.a()))),
                        k.precision()));
    }

    /** A factor of a product as it is, or as bfloat16, packed before if it is not at hand. */
    private Matrix factor(Tensor tensor, boolean transposed, RowLimit limit, Precision precision) {
        if (precision != Precision.BF16) {
            return Matrix.of(at(tensor), transposed, width(tensor));
        }
        Optional<Integer> known = packed.find(tensor, limit);
        if (known.isPresent()) {
            return Matrix.packed(known.get(), transposed, width(tensor));
        }
        int word = packed.room(tensor, limit);
        groups(
                Entry.PACK,
                groupsOf((size(tensor) + 1) / 2, Entry.PACK.threadsX() * ElementKernels.ELEMENTS),
                1,
                at(tensor),
                word,
                rows(tensor),
                width(tensor),
                count(limit),
                limit.first());
        return Matrix.packed(word, transposed, width(tensor));
    }

    private void gemmByKernel(Gemm k) {
        int aWidth = width(k.a());
        int bWidth = width(k.b());
        groups(
                Entry.GEMM,
                groupsOf(k.n(), MatrixKernels.TILE),
                groupsOf(k.m(), MatrixKernels.TILE),
                at(k.a()),
                k.transposeA() ? 1 : aWidth,
                k.transposeA() ? aWidth : 1,
                at(k.b()),
                k.transposeB() ? 1 : bWidth,
                k.transposeB() ? bWidth : 1,
                at(k.addend()),
                at(k.c()),
                k.m(),
                k.n(),
                k.k(),
                k.transposeA() ? 1 : 0,
                count(k.limit()),
                k.limit().first(),
                rounding(k.precision()));
    }

    /** Whether a device kernel rounds the factors of its products to bfloat16. */
    private static int rounding(Precision precision) {
        return precision == Precision.BF16 ? 1 : 0;
    }

    private void rmsNormBackward(RmsNormBackward k) {
        groups(
                Entry.RMS_NORM_BACKWARD,
                groupsOf(k.pieces(), RowKernels.BLOCK),
                1,
                at(k.x()),
                at(k.weight()),
                at(k.inverseRms()),
                at(k.outGradient()),
                at(k.residual()),
                at(k.xGradient()),
                k.pieces(),
                k.width(),
                count(k.limit()),
                k.limit().first(),
                room.workspace);
        groups(
                Entry.RMS_NORM_WEIGHT_GRADIENT,
                groupsOf(k.width(), RowKernels.SQUARE),
                1,
                room.workspace,
                at(k.weightGradient()),
                k.pieces(),
                k.width(),
                count(k.limit()),
                k.limit().first());
    }

    private void layerNormBackward(LayerNormBackward k) {
        groups(
                Entry.LAYER_NORM_BACKWARD,
                groupsOf(rows(k.x()), RowKernels.BLOCK),
                1,
                at(k.x()),
                at(k.weight()),
                at(k.mean()),
                at(k.inverseDeviation()),
                at(k.outGradient()),
                at(k.residual()),
                at(k.xGradient()),
                rows(k.x()),
                width(k.x()),
                count(k.limit()),
                k.limit().first(),
                room.workspace);
        groups(
                Entry.RMS_NORM_WEIGHT_GRADIENT,
                groupsOf(width(k.x()), RowKernels.SQUARE),
                1,
                room.workspace,
                at(k.weightGradient()),
                rows(k.x()),
                width(k.x()),
                count(k.limit()),
                k.limit().first());
    }

    private void rope(Rope k) {
        HeadRows heads = k.heads();
        int turned = heads.rows() * heads.count() * (heads.size() / 2);
        groups(
                Entry.ROPE,
                groupsOf(turned, Entry.ROPE.threadsX() * ElementKernels.ELEMENTS),
                1,
                at(heads),
                at(k.positions()),
                at(k.table()),
                heads.rows(),
                heads.count(),
                heads.size(),
                heads.columns(),
                heads.run(),
                heads.step(),
                k.inverse() ? 1 : 0);
    }

    private void scatterHeads(ScatterHeads k) {
        HeadRows source = k.source();
        HeadRows target = k.target();
        int copied = source.rows() * source.count() * source.size();
        groups(
                Entry.SCATTER_HEADS,
                groupsOf(copied, Entry.SCATTER_HEADS.threadsX() * ElementKernels.ELEMENTS),
                1,
                at(source),
                source.columns(),
                source.run(),
                source.step(),
                at(k.rows()),
                at(target),
                target.columns(),
                target.run(),
                target.step(),
                source.rows(),
                source.count(),
                source.size());
    }

    /** Where the first of some heads is. */
    private int at(HeadRows heads) {
        return at(heads.tensor()) + heads.first();
    }

    /** Why there is no device code for a kernel; empty if there is. */
    static Optional<String> unsupported(Kernel kernel) {
        return switch (kernel) {
            case Attention k -> unsupported(k.size());
            case AttentionBackward k -> unsupported(k.size());
            default -> Optional.empty();
        };
    }

    private static Optional<String> unsupported(int headSize) {
        return headSize <= AttentionKernels.MAX_SIZE
                ? Optional.empty()
                : Optional.of(
                        "of heads of "
                                + headSize
                                + " elements, where its device code takes up to "
                                + AttentionKernels.MAX_SIZE);
    }

    private void attention(Attention k) {
        if (multiplied.test(k.precision()) && AttentionProducts.fits(k)) {
            AttentionProducts.forward(k, this::at, at(k.seen()), room.workspace, steps::add);
            return;
        }
        groups(
                Entry.ATTENTION,
                groupsOf(k.queryLength(), AttentionKernels.TILE),
                k.batch() * k.heads(),
                places(k.queries(), k.keys(), k.values()),
                at(k.seen()),
                at(k.out()),
                at(k.logSumExp()),
                k.heads(),
                k.groups(),
                k.size(),
                k.queryLength(),
                k.keyLength(),
                rounding(k.precision()));
    }

    private void attentionBackward(AttentionBackward k) {
        int[] arguments = {
            places(k.queries(), k.keys(), k.values(), k.queryGradient(), k.keyGradient(), k.valueGradient()),
            at(k.seen()),
            at(k.out()),
            at(k.logSumExp()),
            k.heads(),
            k.groups(),
            k.size(),
            k.queryLength(),
            k.keyLength(),
            rounding(k.precision()),
            at(k.outGradient()),
            at(k.delta()),
            k.batch()
        };
        groups(Entry.ATTENTION_DELTA, groupsOf(size(k.delta()), Entry.ATTENTION_DELTA.threadsX()), 1, arguments);
        if (multiplied.test(k.precision()) && AttentionProducts.fits(k)) {
            AttentionProducts.backward(k, this::at, at(k.seen()), room.workspace, steps::add);
            return;
        }
        int queryTiles = groupsOf(k.queryLength(), AttentionKernels.TILE);
        int keyTiles = groupsOf(k.keyLength(), AttentionKernels.TILE);
        groups(Entry.ATTENTION_QUERY_GRADIENT, queryTiles, k.batch() * k.heads(), arguments);
        groups(Entry.ATTENTION_KEY_VALUE_GRADIENT, keyTiles, k.batch() * k.groups(), arguments);
    }

    /** The address of a list of where heads are. */
    private int places(HeadRows... operands) {
        int address = list();
        for (HeadRows heads : operands) {
            list(at(heads), heads.columns(), heads.run(), heads.step());
        }
        return address;
    }

    private void crossEntropy(CrossEntropy k) {
        groups(
                Entry.CROSS_ENTROPY,
                rows(k.logits()),
                1,
                at(k.logits()),
                at(k.targets()),
                at(k.losses()),
                at(k.logSumExp()),
                rows(k.logits()),
                width(k.logits()),
                count(k.limit()),
                k.limit().first());
    }

    private void crossEntropyBackward(CrossEntropyBackward k) {
        elements(
                Entry.CROSS_ENTROPY_BACKWARD,
                k.logits(),
                at(k.logits()),
                at(k.targets()),
                at(k.weights()),
                at(k.logSumExp()),
                at(k.logitsGradient()),
                rows(k.logits()),
                width(k.logits()),
                count(k.limit()),
                k.limit().first());
    }

    private void choose(Choose k) {
        groups(
                Entry.CHOOSE,
                rows(k.logits()),
                1,
                at(k.logits()),
                at(k.temperature()),
                at(k.seed()),
                at(k.keys()),
                at(k.tokens()),
                at(k.logConfidence()),
                at(k.margin()),
                at(k.entropy()),
                rows(k.logits()),
                width(k.logits()),
                count(k.limit()),
                k.limit().first());
    }

    /** Where a list of some words begins. */
    private int list(int... words) {
        int address = room.lists + listed.size();
        for (int word : words) {
            listed.add(word);
        }
        return address;
    }

    private void sumsOfSquares(List<SumOfSquares> kernels) {
        int address = list();
        int sums = at(kernels.getFirst().sums());
        kernels.forEach(k -> list(at(k.x()), size(k.x()), k.slot()));
        groups(Entry.SQUARES_IN_PARTS, OptimizerKernels.PARTS, kernels.size(), address, room.workspace);
        groups(Entry.SUMS_OF_PARTS, kernels.size(), 1, address, room.workspace, sums);
    }

    private void adamW(List<AdamW> kernels) {
        int address = list();
        int groups = 0;
        for (AdamW k : kernels) {
            list(
                    groups,
                    size(k.parameter()),
                    at(k.parameter()),
                    at(k.gradient()),
                    at(k.firstMoment()),
                    at(k.secondMoment()));
            groups += groupsOf(size(k.parameter()), OptimizerKernels.UPDATED);
        }
        groups(
                Entry.ADAMW,
                groups,
                1,
                address,
                kernels.size(),
                at(kernels.getFirst().squaredNorms()),
                size(kernels.getFirst().squaredNorms()),
                at(kernels.getFirst().settings()));
    }
}
