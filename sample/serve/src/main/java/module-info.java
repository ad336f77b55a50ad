/** A server of masked diffusion models; nothing is in it yet. */
module dev.unmask.serve {
    requires dev.unmask.sample;
}
