package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.List;
import java.util.function.UnaryOperator;

/** Copies by task graphs of TornadoVM, as every driver can: an array comes along whole, so there are three sizes. */
final class GraphCarrier implements Carrier {
    private final Host host;
    private final Staging small;
    private final Staging medium;
    private final Staging large;

    /** The plan that the graphs belong to. */
    interface Host {
        /** Adds a graph that works on the arrays of the device; its number. */
        int graph(String name, UnaryOperator<TaskGraph> body);

        void execute(int graph);
    }

    /**
     * Graphs of a plan that is not made yet.
     *
     * @param arrays of the device
     * @param scheduler is told the threads of each graph
     */
    GraphCarrier(Host host, DeviceArrays arrays, GridScheduler scheduler) {
        this.host = host;
        small = new Staging("small", Transfers.SMALL, arrays, scheduler);
        medium = new Staging("medium", Transfers.MEDIUM, arrays, scheduler);
        large = new Staging("large", Transfers.LARGE, arrays, scheduler);
    }

    /** Arrays that are carried between host and device, and the graphs that copy them to and from the memory. */
    private final class Staging {
        final IntArray request = new IntArray(3);
        final IntArray done = new IntArray(1);
        final FloatArray floats;
        final IntArray words;
        final int put;
        final int get;
        final int putWords;
        final int getWords;

        Staging(String name, int elements, DeviceArrays arrays, GridScheduler scheduler) {
            floats = new FloatArray(elements);
            words = new IntArray(elements);
            WorkerGrid1D grid = new WorkerGrid1D(elements);
            grid.setLocalWork(TransferKernels.GROUP, 1, 1);
            put =
                    host.graph(
                            name + "put",
                            graph ->
                                    arrays.put(
                                                    graph.transferToDevice(
                                                            DataTransferMode.EVERY_EXECUTION, request, floats),
                                                    request,
                                                    floats,
                                                    done)
                                            .transferToHost(DataTransferMode.EVERY_EXECUTION, done));
            putWords =
                    host.graph(
                            name + "putwords",
                            graph ->
                                    arrays.putWords(
                                                    graph.transferToDevice(
                                                            DataTransferMode.EVERY_EXECUTION, request, words),
                                                    request,
                                                    words,
                                                    done)
                                            .transferToHost(DataTransferMode.EVERY_EXECUTION, done));
            get =
                    host.graph(
                            name + "get",
                            graph ->
                                    arrays.get(
                                                    graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, request),
                                                    request,
                                                    floats)
                                            .transferToHost(DataTransferMode.EVERY_EXECUTION, floats));
            getWords =
                    host.graph(
                            name + "getwords",
                            graph ->
                                    arrays.getWords(
                                                    graph.transferToDevice(DataTransferMode.EVERY_EXECUTION, request),
                                                    request,
                                                    words)
                                            .transferToHost(DataTransferMode.EVERY_EXECUTION, words));
            for (String kind : List.of("put", "putwords", "get", "getwords")) {
                scheduler.addWorkerGrid(name + kind + ".t", grid);
            }
        }
    }

    @Override
    public FloatArray floats(int n) {
        return staging(n).floats;
    }

    @Override
    public IntArray words(int n) {
        return staging(n).words;
    }

    private Staging staging(int n) {
        if (n <= Transfers.SMALL) {
            return small;
        }
        return n <= Transfers.MEDIUM ? medium : large;
    }

    @Override
    public void put(long address, int n) {
        Staging staging = staging(n);
        acknowledged(staging, staging.put, address, n);
    }

    @Override
    public void putWords(int address, int n) {
        Staging staging = staging(n);
        acknowledged(staging, staging.putWords, address, n);
    }

    private void acknowledged(Staging staging, int graph, long address, int n) {
        staging.done.set(0, 0);
        transfer(staging, graph, address, n);
        if (staging.done.get(0) != n) {
            throw new IllegalStateException(
                    "the device took " + staging.done.get(0) + " of " + n + " elements that were copied to it");
        }
    }

    @Override
    public void get(long address, int n) {
        transfer(staging(n), staging(n).get, address, n);
    }

    @Override
    public void getWords(int address, int n) {
        transfer(staging(n), staging(n).getWords, address, n);
    }

    private void transfer(Staging staging, int graph, long address, int n) {
        staging.request.set(0, Address.place(address));
        staging.request.set(1, n);
        staging.request.set(2, Address.bank(address));
        host.execute(graph);
    }
}
