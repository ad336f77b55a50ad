/** What is asked and answered, path by path. */
package dev.unmask.serve.api;
