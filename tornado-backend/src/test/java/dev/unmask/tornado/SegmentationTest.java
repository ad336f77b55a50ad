package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

class SegmentationTest {
    private static final Entry[] LAYER = {
        Entry.RMS_NORM, Entry.GEMM, Entry.ROPE, Entry.ATTENTION, Entry.GEMM, Entry.RMS_NORM, Entry.GEMM, Entry.SWIGLU
    };

    private static Launch launch(Entry entry, int groups) {
        return new Launch(entry, groups, 1, groups);
    }

    /** An embedding, a number of layers, a head. */
    private static List<Launch> model(int layers, Entry... layer) {
        List<Launch> launches = new ArrayList<>(List.of(launch(Entry.EMBED, 3)));
        for (int i = 0; i < layers; i++) {
            for (Entry entry : layer) {
                launches.add(launch(entry, 5));
            }
        }
        launches.add(launch(Entry.CROSS_ENTROPY, 7));
        return launches;
    }

    private static List<Integer> sizes(List<Segment> segments) {
        return segments.stream().map(segment -> segment.launches().size()).toList();
    }

    private static long graphs(List<Segment> segments) {
        return segments.stream().map(Segment::entries).filter(entries -> entries.size() > 1).distinct().count();
    }

    /** Segments follow each other without a gap, in order, and each takes the turn of its place. */
    private static void assertCovers(List<Launch> launches, List<Segment> segments) {
        assertEquals(launches, segments.stream().flatMap(segment -> segment.launches().stream()).toList());
        int calls = 0;
        for (Segment segment : segments) {
            assertEquals(calls % 2, segment.turn());
            calls += segment.launches().size();
        }
    }

    @Test
    void theLayersOfAModelShareOneGraph() {
        List<Launch> launches = model(6, LAYER);
        List<Segment> segments = Segmentation.repeated(launches);
        assertCovers(launches, segments);
        assertEquals(List.of(1, 8, 8, 8, 8, 8, 8, 1), sizes(segments));
        assertEquals(1, graphs(segments));
    }

    @Test
    void layersOfAnOddNumberOfCallsShareOneGraphToo() {
        Entry[] odd = {Entry.RMS_NORM, Entry.GEMM, Entry.ROPE, Entry.ATTENTION, Entry.ADD, Entry.SWIGLU, Entry.COPY};
        List<Launch> launches = model(8, odd);
        List<Segment> segments = Segmentation.repeated(launches);
        assertCovers(launches, segments);
        assertEquals(List.of(1, 7, 7, 7, 7, 7, 7, 7, 7, 1), sizes(segments));
        assertEquals(1, graphs(segments));
    }

    @Test
    void callsOfOneKernelInARowAreCutIntoEqualPieces() {
        List<Launch> launches = new ArrayList<>();
        for (int i = 0; i < 75; i++) {
            launches.add(launch(Entry.ADAMW, i + 1));
        }
        List<Segment> segments = Segmentation.repeated(launches);
        assertCovers(launches, segments);
        assertEquals(Collections.nCopies(15, 5), sizes(segments));
        assertEquals(1, graphs(segments));
    }

    @Test
    void whatDoesNotRepeatStaysAsItIs() {
        List<Launch> launches = model(1, Entry.RMS_NORM, Entry.GEMM, Entry.ROPE, Entry.ATTENTION);
        assertEquals(Segmentation.single(launches), Segmentation.repeated(launches));
        assertEquals(List.of(), Segmentation.repeated(List.of()));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5, 30})
    void anyProgramIsCoveredByGraphsOfBoundedSize(int entries) {
        SplittableRandom random = new SplittableRandom(entries);
        List<Launch> launches = new ArrayList<>();
        for (int i = 0; i < 700; i++) {
            launches.add(launch(Entry.values()[random.nextInt(entries)], 1 + random.nextInt(2)));
        }
        List<Segment> segments = Segmentation.repeated(launches);
        assertCovers(launches, segments);
        assertTrue(sizes(segments).stream().allMatch(size -> size <= Segmentation.MOST_TASKS));
        int compiled =
                segments.stream()
                        .map(Segment::entries)
                        .filter(kernels -> kernels.size() > 1)
                        .distinct()
                        .mapToInt(List::size)
                        .sum();
        assertTrue(compiled <= Segmentation.MOST_COMPILED, compiled + " tasks");
    }

    @Test
    void theCallsOfASegmentKeepTheirTurnsApart() {
        List<Launch> launches = model(3, LAYER);
        List<Segment> apart =
                Segmentation.repeated(launches).stream().flatMap(segment -> segment.apart().stream()).toList();
        assertEquals(Segmentation.single(launches), apart);
    }
}
