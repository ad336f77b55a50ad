package dev.unmask.tornado;

/** What a program does one after the other: calls of device kernels, and products by a library. */
sealed interface Step permits Launch, Product {}
