package dev.unmask.tornado;

import java.util.List;

/**
 * Steps of attention that follow each other.
 *
 * @param steps at least one
 */
record Fused(List<FusedAttention> steps) implements Piece {
    @Override
    public boolean isRepeatable() {
        return true;
    }

    @Override
    public List<Launch> launches() {
        return List.of();
    }
}
