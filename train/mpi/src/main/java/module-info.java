/** Processes of a job that {@code mpirun} started, through the system's Open MPI. */
module dev.unmask.mpi {
    requires transitive dev.unmask.train;

    exports dev.unmask.mpi;

    provides dev.unmask.train.Collective.Provider with
            dev.unmask.mpi.MpiProvider;
}
