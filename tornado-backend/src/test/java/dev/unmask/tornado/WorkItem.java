package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;

import java.lang.reflect.Field;
import java.util.Locale;

/** What a device kernel asks of the device, answered by Java: its place in the grid, barriers, local memory. */
final class WorkItem extends KernelContext {
    private final WorkGroup group;
    private int allocations;

    /**
     * An item by its place in its group, the group's place in the grid, the size of the group, each x, then y, and the
     * groups of a row of the grid.
     */
    WorkItem(WorkGroup group, int[] local, int[] place, int[] size, int groupsX) {
        this.group = group;
        String[] axes = {"x", "y"};
        for (int axis = 0; axis < axes.length; axis++) {
            set("localId" + axes[axis], local[axis]);
            set("groupId" + axes[axis], place[axis]);
            set("globalId" + axes[axis], place[axis] * size[axis] + local[axis]);
            set("localGroupSize" + axes[axis].toUpperCase(Locale.ROOT), size[axis]);
        }
        set("globalGroupSizeX", groupsX * size[0]);
    }

    /** They are final fields, which TornadoVM's compiler replaces by the place of a thread. */
    private void set(String name, int value) {
        try {
            Field field = KernelContext.class.getField(name);
            field.setAccessible(true);
            field.set(this, value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("KernelContext of this TornadoVM has no " + name, e);
        }
    }

    @Override
    public void localBarrier() {
        group.await();
    }

    @Override
    public float[] allocateFloatLocalArray(int length) {
        return group.floats(allocations++, length);
    }

    @Override
    public double[] allocateDoubleLocalArray(int length) {
        return group.doubles(allocations++, length);
    }

    @Override
    public int[] allocateIntLocalArray(int length) {
        return group.ints(allocations++, length);
    }
}
