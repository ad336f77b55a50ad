package dev.unmask.vector;

import com.sun.management.OperatingSystemMXBean;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.program.MemoryPlan;
import dev.unmask.tensor.program.MemoryUse.Limit;
import dev.unmask.tensor.program.Recording;
import dev.unmask.vector.gemm.KeptPanels;
import dev.unmask.vector.gemm.Panels;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.machine.BFloat16Code;
import dev.unmask.vector.work.Storage;
import dev.unmask.vector.work.Workspace;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Counts what {@link VectorBackend} would take. Kernels are bound as they would be, to addresses that are never looked
 * at, so that their workspace is what they ask for. Panels of weights that are kept are counted as workspace.
 */
final class VectorDryRun extends DryRun {
    private final VectorBackend backend;
    private final int threads;
    private final BFloat16Code machineCode;
    private final Workspace workspace;
    private final Map<Tensor, Set<Panels>> kept = new IdentityHashMap<>();
    private long keptBytes;
    private long temporaries;

    private final class Unplaced extends Binding {
        Unplaced(VectorBackend backend, MemoryPlan plan, Workspace workspace) {
            super(backend, plan, 0, workspace);
        }

        @Override
        public long address(Tensor tensor) {
            return 0;
        }

        @Override
        Optional<KeptPanels> keep(Tensor weight, Panels panels) {
            long bytes = KeptPanels.bytes(panels, weight);
            Set<Panels> ofWeight = kept.computeIfAbsent(weight, _ -> new HashSet<>());
            if (!ofWeight.contains(panels) && keptBytes + bytes <= KeptMemory.limit()) {
                ofWeight.add(panels);
                keptBytes += bytes;
            }
            return ofWeight.contains(panels)
                    ? Optional.of(new KeptPanels(panels, weight.shape().rows(), MemorySegment.NULL, () -> 0))
                    : Optional.empty();
        }
    }

    VectorDryRun(int threads, BFloat16Code machineCode) {
        this(new VectorBackend(threads, machineCode), threads, machineCode);
    }

    private VectorDryRun(VectorBackend backend, int threads, BFloat16Code machineCode) {
        super(backend.name(), backend.description());
        this.backend = backend;
        this.threads = threads;
        this.machineCode = machineCode;
        this.workspace = new Workspace(threads, Storage.NONE);
    }

    @Override
    public Backend open() {
        return new VectorBackend(threads, machineCode);
    }

    @Override
    public long bytesOf(Tensor tensor) {
        return tensor.bytes();
    }

    /** Host memory is used where it is. */
    @Override
    protected long bytesOfWrapped(Tensor tensor, MemorySegment data) {
        return data.isNative() ? 0 : tensor.bytes();
    }

    @Override
    protected long compiled(Recording recording) {
        MemoryPlan plan = MemoryPlan.of(recording, Memory.ALIGNMENT);
        new Unplaced(backend, plan, workspace).bind(recording);
        temporaries = Math.max(temporaries, plan.bytes());
        return plan.bytes();
    }

    @Override
    protected long temporaries() {
        return temporaries;
    }

    @Override
    protected long workspace() {
        return workspace.bytes() + keptBytes;
    }

    @Override
    protected List<Limit> limits() {
        List<Limit> limits = new ArrayList<>();
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            limits.add(new Limit("the memory of this machine", system.getTotalMemorySize(), ""));
        }
        limits.add(Limit.offHeap());
        return limits;
    }

    @Override
    public void close() {
        super.close();
        backend.close();
    }
}
