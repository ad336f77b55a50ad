package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
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
import dev.unmask.tensor.kernel.Dropout;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.MovingAverage;
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
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** Turns kernels into calls of device kernels and products by a library, once it is known where the operands are. */
final class Lowering {
    /** Words of a kernel in a list of tensors or of heads, at most. */
    static final int LISTED = 6 * AttentionKernels.PLACE;

    private final Calls calls;
    private final ElementCalls elements;
    private final RowCalls rows;
    private final ProductCalls products;
    private final AttentionCalls attention;
    private final OptimizerCalls optimizers;
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
     * @param widened address of {@link #widenedElements} floats, which nothing holds from one kernel to the next
     */
    record Room(long constants, long workspace, int lists, int packed, int packedWords, long widened) {}

    /**
     * A lowering.
     *
     * @param addresses where each operand is
     * @param room for what belongs to no operand
     * @param ways which there are to compute a kernel
     */
    Lowering(ToLongFunction<Tensor> addresses, Room room, Ways ways) {
        packed = new PackedFactors(room.packed, room.packedWords);
        calls = new Calls(addresses, room);
        elements = new ElementCalls(calls);
        rows = new RowCalls(calls);
        products = new ProductCalls(calls, ways.multiplied(), packed);
        attention = new AttentionCalls(calls, ways);
        optimizers = new OptimizerCalls(calls);
    }

    /** Words that a factor of the products of some kernels takes that becomes bfloat16, at most. */
    static long packedElements(List<Kernel> kernels, Ways ways) {
        long most = 0;
        for (Kernel kernel : kernels) {
            if (kernel instanceof Gemm k && k.precision() == Precision.BF16 && ways.multiplied().test(Precision.BF16)) {
                most = Math.max(most, Math.max(k.a().shape().elements(), isStored(k) ? 0 : k.b().shape().elements()));
            }
        }
        return Space.rounded((most + 1) / 2);
    }

    /** Floats that a factor takes that is stored as bfloat16 and becomes float32 for a product, at most. */
    static long widenedElements(List<Kernel> kernels, List<Tensor> temporaries, Ways ways) {
        long most = 0;
        for (Kernel kernel : kernels) {
            if (kernel instanceof Gemm k
                    && isStored(k)
                    && !(k.precision() == Precision.BF16
                            && ways.multiplied().test(Precision.BF16)
                            && k.limit().count().stream().noneMatch(temporaries::contains))) {
                most = Math.max(most, k.b().shape().elements());
            }
        }
        return most;
    }

    private static boolean isStored(Gemm k) {
        return k.b().dtype() == DType.BF16;
    }

    /** Floats that some kernels, one after the other, need as workspace. */
    static long workspaceElements(List<Kernel> kernels, Ways ways) {
        long sums = 0;
        long partial = 0;
        long scores = 0;
        for (Kernel kernel : kernels) {
            if (kernel instanceof SumOfSquares) {
                sums += 2L * OptimizerKernels.PARTS;
            } else if (kernel instanceof RmsNormBackward k) {
                partial = Math.max(partial, (long) Calls.groupsOf(k.pieces(), RowKernels.BLOCK) * k.width());
            } else if (kernel instanceof LayerNormBackward k) {
                partial =
                        Math.max(
                                partial,
                                (long) Calls.groupsOf(Calls.rows(k.x()), RowKernels.BLOCK) * Calls.width(k.x()));
            } else if (Stream.of(Precision.values()).anyMatch(ways.multiplied())
                    && !AttentionCalls.isFused(kernel, ways)) {
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
        return calls.steps();
    }

    /** What kind of kernel each of the steps is for. */
    List<Class<? extends Kernel>> kinds() {
        return kinds;
    }

    /** The calls of device kernels among the steps. */
    List<Launch> launches() {
        return steps().stream().filter(Launch.class::isInstance).map(Launch.class::cast).toList();
    }

    /** What must stand at the address of the lists. */
    List<Integer> listed() {
        return calls.listed();
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
            case AdamW _ -> optimizers.adamW(alike.stream().map(AdamW.class::cast).toList());
            case SumOfSquares _ -> optimizers.sumsOfSquares(alike.stream().map(SumOfSquares.class::cast).toList());
            default -> add(alike.getFirst());
        }
        alike.forEach(kernel -> packed.written(kernel.outputs()));
        while (kinds.size() < steps().size()) {
            kinds.add(alike.getFirst().getClass());
        }
    }

    /** What must stand at the address of the constants. */
    List<Float> constantValues() {
        return calls.constantValues();
    }

    void add(Kernel kernel) {
        switch (kernel) {
            case AdamW k -> optimizers.adamW(List.of(k));
            case Add k -> elements.lower(k);
            case AddBias k -> elements.lower(k);
            case Attention k -> attention.lower(k);
            case AttentionBackward k -> attention.lower(k);
            case Choose k -> rows.lower(k);
            case Copy k -> elements.lower(k);
            case CrossEntropy k -> rows.lower(k);
            case CrossEntropyBackward k -> rows.lower(k);
            case Dropout k -> elements.lower(k);
            case Embed k -> elements.lower(k);
            case EmbedBackward k -> rows.lower(k);
            case Fill k -> elements.lower(k);
            case GatherRows k -> elements.lower(k);
            case Gelu k -> elements.lower(k);
            case GeluBackward k -> elements.lower(k);
            case Gemm k -> products.lower(k);
            case Guide k -> elements.lower(k);
            case Int8Gemm k -> throw new IllegalStateException("a kernel that is not supported: " + k);
            case LayerNorm k -> rows.lower(k);
            case MovingAverage k -> elements.lower(k);
            case LayerNormBackward k -> rows.lower(k);
            case Penalize k -> rows.lower(k);
            case RmsNorm k -> rows.lower(k);
            case RmsNormBackward k -> rows.lower(k);
            case Rope k -> elements.lower(k);
            case Scale k -> elements.lower(k);
            case ScatterHeads k -> elements.lower(k);
            case ScatterRows k -> elements.lower(k);
            case SumOfSquares k -> optimizers.sumsOfSquares(List.of(k));
            case SumRows k -> rows.lower(k);
            case SwiGlu k -> elements.lower(k);
            case SwiGluBackward k -> elements.lower(k);
            case Truncate k -> rows.lower(k);
        }
    }

    /** Why there is no device code for a kernel; empty if there is. */
    static Optional<String> unsupported(Kernel kernel) {
        return switch (kernel) {
            case Attention k -> unsupported(k.size());
            case AttentionBackward k -> unsupported(k.size());
            case Int8Gemm _ ->
                    Optional.of("has no device code: its weights are in int8; export them with --dtype bf16");
            default ->
                    Stream.concat(kernel.inputs().stream(), kernel.outputs().stream())
                                    .anyMatch(operand -> operand.dtype() == DType.I8)
                            ? Optional.of("has no device code for int8")
                            : Optional.empty();
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
}
