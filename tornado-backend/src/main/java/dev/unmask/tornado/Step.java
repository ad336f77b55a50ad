package dev.unmask.tornado;

/** What a program does one after the other: calls of device kernels, products by a library, and attention. */
sealed interface Step permits Launch, Product, FusedAttention {}
