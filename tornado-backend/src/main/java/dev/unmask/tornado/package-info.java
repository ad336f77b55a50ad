/** The backend for GPUs, by TornadoVM. */
package dev.unmask.tornado;
