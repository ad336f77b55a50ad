// Which keys a query sees.

DEVICE int clamped(int x, int low, int high) { return x < low ? low : x > high ? high : x; }

// The ranges of keys that a query sees as they are given: first and count, twice.
DEVICE int4 givenRanges(const int *seen, long long query, int keys) {
    if (seen == 0) {
        return make_int4(0, keys, 0, 0);
    }
    // Not as int4, since words are aligned to nothing more.
    const int *row = seen + query * 4;
    return make_int4(row[0], row[1], row[2], row[3]);
}

// Of them first and end; an empty one begins after all keys and ends before them.
DEVICE int4 boundsOf(const int4 &given, int keys) {
    int4 ranges;
    int first = clamped(given.x, 0, keys);
    int count = given.y < 0 ? 0 : given.y;
    int end = given.x > keys ? keys : clamped(given.x + (count < keys - given.x ? count : keys - given.x), 0, keys);
    ranges.x = first < end ? first : keys;
    ranges.y = first < end ? end : 0;
    first = clamped(given.z, 0, keys);
    count = given.w < 0 ? 0 : given.w;
    end = given.z > keys ? keys : clamped(given.z + (count < keys - given.z ? count : keys - given.z), 0, keys);
    ranges.z = first < end ? first : keys;
    ranges.w = first < end ? end : 0;
    return ranges;
}

DEVICE int4 rangesOf(const int *seen, long long query, int keys) {
    return boundsOf(givenRanges(seen, query, keys), keys);
}

DEVICE bool sees(const int4 &ranges, int key) {
    return (key >= ranges.x && key < ranges.y) || (key >= ranges.z && key < ranges.w);
}

// What some queries see together: keys that any of them sees lie within `any`, and all see what lies in one range of
// `all`.
struct Bounds {
    int4 any, all;

    DEVICE void add(const int4 &a, const int4 &b) {
        any.x = min(any.x, a.x);
        any.y = max(any.y, a.y);
        any.z = min(any.z, a.z);
        any.w = max(any.w, a.w);
        all.x = max(all.x, b.x);
        all.y = min(all.y, b.y);
        all.z = max(all.z, b.z);
        all.w = min(all.w, b.w);
    }

    // Of rows in shared memory, by all lanes of a warp.
    DEVICE static Bounds of(const int4 *rows, int count, int there, int keys) {
        Bounds bounds;
        bounds.any = make_int4(keys, 0, keys, 0);
        bounds.all = make_int4(0, keys, 0, keys);
        for (int row = threadIdx.x % 32; row < count && row < there; row += 32) {
            bounds.add(rows[row], rows[row]);
        }
        for (int mask = 1; mask < 32; mask *= 2) {
            int4 a = make_int4(exchanged(bounds.any.x, mask), exchanged(bounds.any.y, mask),
                               exchanged(bounds.any.z, mask), exchanged(bounds.any.w, mask));
            int4 b = make_int4(exchanged(bounds.all.x, mask), exchanged(bounds.all.y, mask),
                               exchanged(bounds.all.z, mask), exchanged(bounds.all.w, mask));
            bounds.add(a, b);
        }
        return bounds;
    }

    DEVICE bool someSee(int first, int end) const {
        return (first < any.y && end > any.x) || (first < any.w && end > any.z);
    }

    DEVICE bool allSee(int first, int end) const {
        return (first >= all.x && end <= all.y) || (first >= all.z && end <= all.w);
    }

    // The first tile from one on that some see; after all keys if there is none.
    DEVICE int next(int first, int columns, int keys) const {
        while (first < keys && !someSee(first, first + columns)) {
            first += columns;
        }
        return first;
    }
};

// Gives scores of keys that a row does not see a value. Apart from what is done with scores, which then has no branches
// and so goes on with all of them at once.
template <int TILES, int COLUMNS>
DEVICE void hide(float (&scores)[TILES][COLUMNS / 8][4], float value, const int4 *ranges, int key) {
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
#pragma unroll
    for (int m = 0; m < TILES; m++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            int4 seen = ranges[m * 16 + r * 8 + g];
#pragma unroll
            for (int n = 0; n < COLUMNS / 8; n++) {
#pragma unroll
                for (int e = 0; e < 2; e++) {
                    if (!sees(seen, key + n * 8 + t * 2 + e)) {
                        scores[m][n][r * 2 + e] = value;
                    }
                }
            }
        }
    }
}

// Whether some query of a tile sees a key of some, and whether all see all of them; the same in all lanes.
template <int COLUMNS>
DEVICE int seenBy(const Work &w, int query, int firstKey, int endKey) {
    if (w.seen == 0) {
        return 2;
    }
    bool some = false;
    bool all = true;
    for (int column = threadIdx.x % 32; column < COLUMNS; column += 32) {
        if (query + column < w.queries.length) {
            int4 ranges =
                rangesOf(w.seen, (long long)blockIdx.z * w.queries.length + query + column, w.keys.length);
            some = some || (firstKey < ranges.y && endKey > ranges.x) || (firstKey < ranges.w && endKey > ranges.z);
            all = all && ((firstKey >= ranges.x && endKey <= ranges.y) || (firstKey >= ranges.z && endKey <= ranges.w));
        }
    }
    if (!anyLane(some)) {
        return 0;
    }
    return allLanes(all) ? 2 : 1;
}
