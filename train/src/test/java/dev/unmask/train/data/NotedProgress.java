package dev.unmask.train.data;

import java.util.ArrayList;
import java.util.List;

/** Keeps what is told; a preparation that finds its files makes no pass. */
class NotedProgress implements PreparedData.Progress {
    final List<String> passes = new ArrayList<>();
    final List<String> notes = new ArrayList<>();

    @Override
    public void pass(String what) {
        passes.add(what);
    }

    @Override
    public void note(String sentence) {
        notes.add(sentence);
    }
}
