/** What kernels run on: workers, their memory, and where operands lie. */
package dev.unmask.vector.work;
