package dev.unmask.train.cli;

import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.BackendProvider.Availability.Available;
import dev.unmask.tensor.program.BackendProvider.Availability.Unavailable;
import dev.unmask.tensor.program.Backends;

import picocli.CommandLine.Command;

import java.io.PrintStream;
import java.util.concurrent.Callable;

/** {@code unmask backends}: what can compute on this machine. */
@Command(
        description = "Lists every backend with its devices, or why it is absent and what to do.",
        footer = {"", "Example:", "  unmask backends"})
final class BackendsCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        PrintStream out = System.out;
        boolean tornado = false;
        for (BackendProvider provider : Backends.providers()) {
            tornado |= provider.name().equals("tornado");
            switch (provider.examine()) {
                case Available found -> {
                    out.println(provider.name() + ": available");
                    found.devices().forEach(device -> out.println("  " + device));
                    found.advice().forEach(advice -> out.println("  advice: " + advice));
                }
                case Unavailable missing ->
                        out.println(provider.name() + ": not available: " + missing.reason() + "; " + missing.remedy());
            }
        }
        if (!tornado) {
            out.println(
                    "tornado: not available: this build has no TornadoVM backend; install TornadoVM 5.2.0-jdk25 or"
                            + " newer (sdk install tornadovm 5.2.0-jdk25-opencl), set TORNADOVM_HOME and build again");
        }
        return Main.DONE;
    }
}
