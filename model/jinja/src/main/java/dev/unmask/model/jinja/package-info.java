/** Chat templates, by Hugging Face's own interpreter of Jinja. */
package dev.unmask.model.jinja;
