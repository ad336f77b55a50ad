/** The command line, its displays and plots, benchmarks and parity with PyTorch. */
module dev.unmask.cli {
    requires dev.unmask.serve;
    requires transitive dev.unmask.train;
    requires com.fasterxml.jackson.databind;
    requires hipparchus.core;
    requires hipparchus.stat;
    requires info.picocli;
    requires java.desktop;
    requires java.logging;
    requires java.management;
    requires jdk.management;
    requires jdk.unsupported;
    requires org.knowm.xchart;

    exports dev.unmask.train.bench;
    exports dev.unmask.train.experiment;
    exports dev.unmask.train.parity;
    exports dev.unmask.train.reversal;

    opens dev.unmask.train.cli to
            info.picocli;
    opens dev.unmask.train.parity to
            com.fasterxml.jackson.databind;

    uses dev.unmask.train.Collective.Provider;
}
