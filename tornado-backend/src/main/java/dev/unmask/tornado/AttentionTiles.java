package dev.unmask.tornado;

import java.util.ArrayList;
import java.util.List;

/**
 * Pieces of all scores of attention, queries by keys, none larger than a bound: some sequences whole; or some groups of
 * heads of one; or some queries of a group.
 */
final class AttentionTiles {
    /** Scores of a piece: 32 MiB, so that they stay in the cache of a large GPU. */
    private static final long MOST = 1 << 23;

    private AttentionTiles() {}

    /**
     * A piece.
     *
     * @param sequence the first
     * @param sequences how many
     * @param group the first of each
     * @param groups how many
     * @param query the first of each
     * @param queries how many
     */
    record Tile(int sequence, int sequences, int group, int groups, int query, int queries) {}

    /**
     * All pieces, those of a group one after the other.
     *
     * @param perGroup query heads of a group
     * @param groups of each sequence
     * @param batch sequences
     * @param queries of each
     * @param keys of each
     */
    static List<Tile> of(int perGroup, int groups, int batch, int queries, int keys) {
        long scores = (long) queries * keys;
        int sequencesOfTile = most(batch, perGroup * groups * scores);
        int groupsOfTile = sequencesOfTile > 0 ? groups : most(groups, perGroup * scores);
        int queriesOfTile = groupsOfTile > 0 ? queries : Math.max(1, most(queries, (long) perGroup * keys));
        List<Tile> tiles = new ArrayList<>();
        for (int b = 0; b < batch; b += Math.max(1, sequencesOfTile)) {
            int sequences = Math.min(Math.max(1, sequencesOfTile), batch - b);
            for (int g = 0; g < groups; g += Math.max(1, groupsOfTile)) {
                int there = Math.min(Math.max(1, groupsOfTile), groups - g);
                for (int q = 0; q < queries; q += queriesOfTile) {
                    tiles.add(new Tile(b, sequences, g, there, q, Math.min(queriesOfTile, queries - q)));
                }
            }
        }
        return tiles;
    }

    /**
     * How many of some parts, all of one size, make a piece, if each is to be about as large; 0 if one is too large.
     */
    private static int most(int parts, long each) {
        if (each > MOST) {
            return 0;
        }
        int inPiece = (int) Math.min(parts, MOST / each);
        int pieces = (parts + inPiece - 1) / inPiece;
        return (parts + pieces - 1) / pieces;
    }

    /** Scores of the largest piece. */
    static long largest(int perGroup, int groups, int batch, int queries, int keys) {
        return of(perGroup, groups, batch, queries, keys).stream()
                .mapToLong(tile -> (long) tile.sequences() * tile.groups() * perGroup * tile.queries() * keys)
                .max()
                .orElse(0);
    }
}
