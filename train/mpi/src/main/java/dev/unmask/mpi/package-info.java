/** Training by many processes, through MPI. */
package dev.unmask.mpi;
