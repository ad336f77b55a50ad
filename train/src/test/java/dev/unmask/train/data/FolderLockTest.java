package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

@Timeout(60)
class FolderLockTest {
    @TempDir private Path folder;

    /** In a process of its own: takes a folder, says so, and waits to be killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws IOException {
            Path folder = Path.of(arguments[0]);
            if (arguments[1].equals("read")) {
                FolderLock.read(folder);
            } else {
                FolderLock.take(folder);
            }
            System.out.println("taken");
            System.in.read();
        }
    }

    private String refusal() {
        return assertThrows(InputException.class, () -> FolderLock.take(folder)).getMessage();
    }

    /** Takes a folder on another thread, which is another run. */
    private static void takeElsewhere(Path folder) {
        CompletableFuture.runAsync(
                        () -> {
                            try (FolderLock _ = FolderLock.take(folder)) {
                                assertTrue(Files.exists(folder.resolve(".lock")));
                            } catch (IOException e) {
                                throw new CompletionException(e);
                            }
                        },
                        work -> new Thread(work).start())
                .join();
    }

    @Test
    void aFileIsRefused() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        InputException refused = assertThrows(InputException.class, () -> FolderLock.take(file));
        assertEquals(file + ": found a file, expected a folder, or nothing, where one is made", refused.getMessage());
    }

    @Test
    void anotherThreadIsRefusedUntilTheFolderIsGivenBack() throws IOException {
        Path made = folder.resolve("a/b");
        FolderLock lock = FolderLock.take(made);
        Throwable refused = assertThrows(CompletionException.class, () -> takeElsewhere(made)).getCause();
        assertEquals(InputException.class, refused.getClass());
        String self = "process " + ProcessHandle.current().pid();
        assertTrue(refused.getMessage().startsWith(made + ": found in use by " + self), refused.getMessage());
        lock.close();
        lock.close();
        takeElsewhere(made);
    }

    @Test
    void aThreadMayTakeItsFolderAgain() throws IOException {
        try (FolderLock _ = FolderLock.take(folder)) {
            try (FolderLock _ = FolderLock.take(folder.resolve("../" + folder.getFileName()))) {
                assertThrows(CompletionException.class, () -> takeElsewhere(folder));
            }
            assertThrows(CompletionException.class, () -> takeElsewhere(folder));
        }
        takeElsewhere(folder);
    }

    @Test
    void whatIsReadByAnyNumberCannotBeTaken() throws IOException {
        FolderLock one = FolderLock.read(folder);
        FolderLock another = FolderLock.read(folder);
        assertThrows(CompletionException.class, () -> takeElsewhere(folder));
        one.close();
        one.close();
        assertThrows(InputException.class, () -> FolderLock.take(folder));
        another.close();
        takeElsewhere(folder);
    }

    @Test
    void whatIsTakenMayBeReadByItsThreadAlone() throws IOException {
        try (FolderLock _ = FolderLock.take(folder)) {
            FolderLock.read(folder).close();
            Throwable refused =
                    assertThrows(
                                    CompletionException.class,
                                    () ->
                                            CompletableFuture.runAsync(this::read, work -> new Thread(work).start())
                                                    .join())
                            .getCause();
            assertTrue(refused.getMessage().contains(": found in use by process "), refused.getMessage());
        }
        read();
    }

    private void read() {
        try (FolderLock _ = FolderLock.read(folder)) {
            assertTrue(Files.exists(folder.resolve(".lock")));
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private Process holder(String how) throws Exception {
        return new ProcessBuilder(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--class-path",
                                ClassPath.with(Holder.class),
                                Holder.class.getName(),
                                folder.toString(),
                                how))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void whatAnotherProcessReadsMayBeReadAndNotTaken() throws Exception {
        Process holder = holder("read");
        try (BufferedReader said = holder.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("taken", said.readLine());
            read();
            String expected =
                    folder + ": found in use by another process, which reads what is there; wait for it to end";
            assertTrue(refusal().startsWith(expected), refusal());
            read();
            assertTrue(refusal().startsWith(expected), refusal());
        } finally {
            holder.destroyForcibly().waitFor();
        }
        FolderLock.take(folder).close();
    }

    @Test
    void aProcessIsNamedAndWhatItHeldIsFreeOnceItIsKilled() throws Exception {
        Process holder = holder("take");
        try (BufferedReader said = holder.inputReader(StandardCharsets.UTF_8)) {
            assertEquals("taken", said.readLine());
            String start = folder + ": found in use by process " + holder.pid() + ", which began at 20";
            assertTrue(refusal().startsWith(start), refusal());
            // Neither refusal has touched the lock of the other process.
            assertTrue(refusal().startsWith(start), refusal());
            assertTrue(
                    assertThrows(InputException.class, () -> FolderLock.read(folder)).getMessage().startsWith(start));
        } finally {
            holder.destroyForcibly().waitFor();
        }
        FolderLock.take(folder).close();
    }
}
