package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A token that may stand somewhere.
 *
 * @param id of the token
 * @param logProbability {@code ln p}, nats
 */
record LikelyToken(int id, double logProbability) {
    ObjectNode described(Pieces pieces) {
        return Json.object().put("id", id).put("text", pieces.text(id)).put("log_probability", logProbability);
    }
}
