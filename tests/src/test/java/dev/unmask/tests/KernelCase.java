package dev.unmask.tests;

import dev.unmask.tensor.kernel.Kernel;

/** One line of the case table: a record of shapes and options, whose text names the case. */
interface KernelCase {
    /** Makes the operands and the kernel. */
    Kernel on(CaseOperands operands);
}
