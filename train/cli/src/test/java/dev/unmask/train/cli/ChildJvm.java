package dev.unmask.train.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Commands in a JVM of their own, which may be asked to end or killed. */
final class ChildJvm {
    /** Longer than any command of these tests takes, on a machine that does something else too. */
    private static final long MOST_SECONDS = 100;

    private ChildJvm() {}

    /** The command line that runs a command of Unmask. */
    static List<String> command(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx512m", "--add-modules=jdk.incubator.vector", "--illegal-native-access=allow"));
        command.addAll(List.of("-XX:+UseSerialGC", "-Dstdout.encoding=UTF-8"));
        String modules = System.getProperty("jdk.module.path");
        if (modules == null) {
            command.addAll(List.of("--class-path", System.getProperty("java.class.path")));
            command.add(Main.class.getName());
        } else {
            command.addAll(List.of("--module-path", modules));
            command.addAll(List.of("--class-path", System.getProperty("java.class.path")));
            command.addAll(List.of("--module", "dev.unmask.cli/" + Main.class.getName()));
        }
        command.addAll(List.of(arguments));
        return command;
    }

    /**
     * Starts a process that does not outlive a limit, as no thread can be interrupted that reads what a process prints:
     * one that hangs ends with its code, and what it has printed is there to read.
     */
    static Process start(ProcessBuilder process) throws IOException {
        Process started = process.start();
        CompletableFuture.delayedExecutor(MOST_SECONDS, TimeUnit.SECONDS).execute(started::destroyForcibly);
        return started;
    }

    /** Runs a command to its end; its two streams together are what it said. */
    static CommandLineOutcome run(String... arguments) throws IOException, InterruptedException {
        Process process = start(new ProcessBuilder(command(arguments)).redirectErrorStream(true));
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new CommandLineOutcome(process.waitFor(), "", said);
        } finally {
            process.destroyForcibly();
        }
    }
}
