package dev.unmask.tornado;

import java.util.ArrayList;
import java.util.List;

/** Pieces that a CUDA graph repeats. Compared by identity: addresses and grids of threads are part of the graph. */
final class Captured implements Piece {
    private final List<Piece> pieces;

    private Captured(List<Piece> pieces) {
        this.pieces = List.copyOf(pieces);
    }

    /**
     * The same pieces, but that those that repeat are captured together, as far as they follow each other. What is left
     * are products, so that the host can hand a whole program to the device without TornadoVM between.
     */
    static List<Piece> together(List<? extends Piece> pieces) {
        List<Piece> all = new ArrayList<>();
        List<Piece> repeatable = new ArrayList<>();
        for (Piece piece : pieces) {
            if (piece.isRepeatable()) {
                repeatable.add(piece);
            } else {
                end(repeatable, all);
                all.add(piece);
            }
        }
        end(repeatable, all);
        return List.copyOf(all);
    }

    private static void end(List<Piece> repeatable, List<Piece> all) {
        // What a library does needs no graph: it is work for the same stream, and costs the host as little.
        if (repeatable.stream().allMatch(piece -> piece.launches().isEmpty())) {
            all.addAll(repeatable);
        } else {
            all.add(new Captured(repeatable));
        }
        repeatable.clear();
    }

    List<Piece> pieces() {
        return pieces;
    }

    @Override
    public boolean isRepeatable() {
        return true;
    }

    @Override
    public List<Launch> launches() {
        return pieces.stream().flatMap(piece -> piece.launches().stream()).toList();
    }
}
