package dev.unmask.mpi;

import dev.unmask.tensor.InputException;
import dev.unmask.train.Collective;

import java.lang.foreign.MemorySegment;

/** The processes of {@code MPI_COMM_WORLD}. A process that dies takes the job with it: {@code mpirun} ends the others. */
final class MpiCollective implements Collective {
    private final OpenMpi mpi;
    private final int rank;
    private final int ranks;
    private boolean left;

    private MpiCollective(OpenMpi mpi) {
        this.mpi = mpi;
        this.rank = mpi.rank();
        this.ranks = mpi.size();
    }

    static MpiCollective join(OpenMpi mpi) {
        int level = mpi.init();
        if (level < OpenMpi.SERIALIZED) {
            throw new InputException(
                    "MPI: found a library of thread level "
                            + level
                            + ", expected at least MPI_THREAD_SERIALIZED; use one that was built with threads");
        }
        return new MpiCollective(mpi);
    }

    @Override
    public int rank() {
        return rank;
    }

    @Override
    public int ranks() {
        return ranks;
    }

    @Override
    public synchronized void exchange(MemorySegment send, MemorySegment receive) {
        requirePieces(send, receive.byteSize());
        mpi.alltoall(send, Math.toIntExact(send.byteSize() / ranks), receive);
    }

    @Override
    public synchronized void gather(MemorySegment own, MemorySegment all) {
        requirePieces(all, own.byteSize() * ranks);
        mpi.allgather(own, Math.toIntExact(own.byteSize()), all);
    }

    private void requirePieces(MemorySegment all, long expected) {
        if (all.byteSize() != expected || all.byteSize() % ranks != 0) {
            throw new IllegalArgumentException(
                    "exchange: found " + all.byteSize() + " and " + expected + " bytes, expected " + ranks + " pieces");
        }
    }

    @Override
    public void abort(int code) {
        mpi.abort(code);
    }

    @Override
    public synchronized void close() {
        if (!left) {
            left = true;
            mpi.finish();
        }
    }
}
