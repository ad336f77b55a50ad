/** Training of masked diffusion and autoregressive models. */
module dev.unmask.train {
    requires transitive dev.unmask.sample;
    requires info.picocli;
    requires java.desktop;
    requires java.management;
    requires jdk.management;
    requires me.tongfei.progressbar;
    requires org.knowm.xchart;

    exports dev.unmask.train;
    exports dev.unmask.train.bench;
    exports dev.unmask.train.data;

    opens dev.unmask.train.cli to
            info.picocli;
}
