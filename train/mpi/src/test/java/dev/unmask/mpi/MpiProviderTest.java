package dev.unmask.mpi;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.util.Map;

/** Outside of a job there is nothing to join, whether or not MPI is installed. */
class MpiProviderTest {
    @Test
    void aProcessThatMpirunHasNotStartedIsAlone() {
        assertTrue(new MpiProvider(Map.of("HOME", "/")).join().isEmpty());
    }
}
