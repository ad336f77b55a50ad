/** Requests and answers: who may ask, which path is whose, how failures are told. */
package dev.unmask.serve.http;
