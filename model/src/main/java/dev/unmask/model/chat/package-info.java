/** Conversations, and the templates that write them as the text a model was trained with. */
package dev.unmask.model.chat;
