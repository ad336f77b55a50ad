/** Settings as JSON, for the modules of Unmask. */
package dev.unmask.model.json;
