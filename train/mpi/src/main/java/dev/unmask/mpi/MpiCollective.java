package dev.unmask.mpi;

import dev.unmask.tensor.InputException;
import dev.unmask.train.Collective;

import java.lang.foreign.MemorySegment;
import java.util.List;

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
    public synchronized void exchange(List<MemorySegment> send, List<MemorySegment> receive) {
        if (send.size() != ranks || receive.size() != ranks) {
            throw new IllegalArgumentException(
                    "exchange: found " + send.size() + " and " + receive.size() + " pieces, expected " + ranks);
        }
        for (int i = 1; i < ranks; i++) {
            // Each begins with the next one, so that they do not all wait for the same.
            int to = (rank + i) % ranks;
            int from = (rank + ranks - i) % ranks;
            if (receive.get(from).byteSize() > 0) {
                mpi.receive(receive.get(from), from);
            }
            if (send.get(to).byteSize() > 0) {
                mpi.send(send.get(to), to);
            }
        }
        mpi.await();
    }

    @Override
    public synchronized void gather(MemorySegment own, MemorySegment all) {
        requirePieces(all, own.byteSize() * ranks);
        mpi.allgather(own, Math.toIntExact(own.byteSize()), all);
    }

    private void requirePieces(MemorySegment all, long expected) {
        if (all.byteSize() != expected || all.byteSize() % ranks != 0) {
            throw new IllegalArgumentException(
                    "gather: found " + all.byteSize() + " and " + expected + " bytes, expected " + ranks + " pieces");
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
