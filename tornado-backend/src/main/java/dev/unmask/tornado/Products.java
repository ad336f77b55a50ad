package dev.unmask.tornado;

import java.util.List;

/**
 * Products that follow each other.
 *
 * @param products at least one
 */
record Products(List<Product> products) implements Piece {
    @Override
    public boolean isRepeatable() {
        return products.stream().allMatch(product -> product.live().isEmpty());
    }

    @Override
    public List<Launch> launches() {
        return List.of();
    }
}
