/** The server of a model: {@link dev.unmask.serve.ModelServer#start} listens until it is closed. */
package dev.unmask.serve;
