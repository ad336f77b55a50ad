// Attention and its gradient without scores in memory (FlashAttention-2: Dao, arXiv 2307.08691), on tensor cores by
// mma.sync, compute capability 8.0 and newer. Compiled at run time by NVRTC, so nothing is included.
//
// The compiler is told: SIZE, elements of a head, a multiple of 32 that a head is padded to; BF16, whether factors are
// rounded to bfloat16 (1) or to TF32 (0); and of each kernel WARPS, warps of a block; TILES, tiles of 16 rows of a
// warp; COLUMNS, columns of a tile of scores; HELD, whether a warp keeps its factors in registers.
//
// Rows of a block are queries (forward, gradient of queries) or keys (gradient of keys and values); what it goes over,
// columns of scores, are the others. Tiles of factors lie in shared memory, rounded already: as bfloat16, or as TF32 in
// 32 bits. Four elements are a chunk; chunks are swapped within a row such that of an access no two lanes that go at
// once want the same bank (but for bfloat16 in rows of 32 or 96 elements).
//
// What mma.sync sums over may come in any order, so lane (g, t) of a warp, g = lane / 4, takes elements 4t to 4t + 3 of
// 16 for the two or four that the instruction wants of it; and of a product by scores, which lie in registers as they
// were left by the product before, rows 2t and 2t + 1.

#define LOG2_E 1.4426950408889634f
#define LN_2 0.6931471805599453f
#define CHUNKS (SIZE / 4)

struct Heads {
    float *at;
    int length;     // positions of a sequence
    int width;      // elements from one position to the next
    int groupStep;  // elements from one group of heads to the next
    int headStep;   // elements from one head of a group to the next
};

struct Work {
    Heads queries, keys, values, out;
    Heads outGradient, queryGradient, keyGradient, valueGradient;
    float *logSumExp;  // [batch, heads, queries], and so is delta
    float *delta;
    const int *seen;  // [batch * queries, 4], or none: all keys
    int heads;
    int perGroup;  // heads of queries that share a head of keys
    int size;      // elements of a head, at most SIZE
    float scale;
};

// What the code below needs of PTX; a host that stands in for a device has its own.
#ifndef STAND_IN
#define INFINITY_BITS 0x7f800000
#define DEVICE __device__ __forceinline__

DEVICE unsigned bits(float x) { return __float_as_uint(x); }

DEVICE float infinity() { return __uint_as_float(INFINITY_BITS); }

DEVICE float power(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

DEVICE float logarithm(float x) {
    float y;
    asm("lg2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

DEVICE unsigned roundTf32(float x) {
    unsigned y;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(y) : "f"(x));
    return y;
}

// Two numbers as bfloat16, rounded; the first is the lower half.
DEVICE unsigned roundPair(float first, float second) {
    unsigned y;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(second), "f"(first));
    return y;
}

// Of two pairs their first and their second numbers.
DEVICE unsigned firsts(unsigned a, unsigned b) { return __byte_perm(a, b, 0x5410); }

DEVICE unsigned seconds(unsigned a, unsigned b) { return __byte_perm(a, b, 0x7632); }

DEVICE float fromBits(unsigned x) { return __uint_as_float(x); }

DEVICE void multiplyTf32(float (&c)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

DEVICE void multiplyBf16(float (&c)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

DEVICE float exchanged(float x, int mask) { return __shfl_xor_sync(0xffffffffu, x, mask); }

DEVICE int exchanged(int x, int mask) { return __shfl_xor_sync(0xffffffffu, x, mask); }

DEVICE bool anyLane(bool x) { return __any_sync(0xffffffffu, x); }

DEVICE bool allLanes(bool x) { return __all_sync(0xffffffffu, x); }
#endif

// Four elements, rounded.
#if BF16
typedef uint2 Chunk;

DEVICE Chunk rounded(float4 x) { return make_uint2(roundPair(x.x, x.y), roundPair(x.z, x.w)); }

// Where in its row a chunk lies.
DEVICE int swapped(int row, int chunk) {
    return chunk ^ (((row ^ (row >> 1)) & (CHUNKS % 16 == 0 ? 3 : 1)) << 2);
}
#else
typedef float4 Chunk;

DEVICE float element(const Chunk &x, int i) { return i == 0 ? x.x : i == 1 ? x.y : i == 2 ? x.z : x.w; }

DEVICE Chunk rounded(float4 x) {
    return make_float4(fromBits(roundTf32(x.x)), fromBits(roundTf32(x.y)), fromBits(roundTf32(x.z)),
                       fromBits(roundTf32(x.w)));
}

// Where in its row a chunk lies.
DEVICE int swapped(int row, int chunk) { return chunk ^ ((row & 2) | (((row ^ (row >> 2)) & 1) << 2)); }
#endif

// Of chunks of four rows their elements i, as a column has them.
DEVICE Chunk columnOf(const Chunk &a, const Chunk &b, const Chunk &c, const Chunk &d, int i) {
#if BF16
    unsigned upper = i / 2 == 0 ? a.x : a.y;
    unsigned lower = i / 2 == 0 ? b.x : b.y;
    unsigned upper8 = i / 2 == 0 ? c.x : c.y;
    unsigned lower8 = i / 2 == 0 ? d.x : d.y;
    return i % 2 == 0 ? make_uint2(firsts(upper, lower), firsts(upper8, lower8))
                      : make_uint2(seconds(upper, lower), seconds(upper8, lower8));
#else
    return make_float4(element(a, i), element(b, i), element(c, i), element(d, i));
#endif
}

DEVICE const float *headAt(const Heads &heads, int sequence, int group, int inGroup) {
    return heads.at + (long long)sequence * heads.length * heads.width + (long long)group * heads.groupStep +
           inGroup * heads.headStep;
}

DEVICE float4 chunkOf(const float *head, int width, int length, int row, int chunk, int size) {
    return row < length && chunk * 4 < size
               ? *reinterpret_cast<const float4 *>(head + (long long)row * width + chunk * 4)
               : make_float4(0.f, 0.f, 0.f, 0.f);
}

// The factor on the left of a product, of 16 rows and 16 elements of what is summed over.
struct Left {
#if BF16
    unsigned part[4];
#else
    unsigned part[8];
#endif
};

// From rows g and g + 8, elements 4t to 4t + 3, rounded.
DEVICE Left left(const Chunk &top, const Chunk &bottom) {
    Left a;
#if BF16
    a.part[0] = top.x;
    a.part[1] = bottom.x;
    a.part[2] = top.y;
    a.part[3] = bottom.y;
#else
    a.part[0] = bits(top.x);
    a.part[1] = bits(bottom.x);
    a.part[2] = bits(top.y);
    a.part[3] = bits(bottom.y);
    a.part[4] = bits(top.z);
    a.part[5] = bits(bottom.z);
    a.part[6] = bits(top.w);
    a.part[7] = bits(bottom.w);
#endif
    return a;
}

// From two tiles of sums, not rounded.
DEVICE Left leftOfSums(const float (&c)[4], const float (&d)[4]) {
    Left a;
#if BF16
    a.part[0] = roundPair(c[0], c[1]);
    a.part[1] = roundPair(c[2], c[3]);
    a.part[2] = roundPair(d[0], d[1]);
    a.part[3] = roundPair(d[2], d[3]);
#else
    a.part[0] = roundTf32(c[0]);
    a.part[1] = roundTf32(c[2]);
    a.part[2] = roundTf32(c[1]);
    a.part[3] = roundTf32(c[3]);
    a.part[4] = roundTf32(d[0]);
    a.part[5] = roundTf32(d[2]);
    a.part[6] = roundTf32(d[1]);
    a.part[7] = roundTf32(d[3]);
#endif
    return a;
}

// Instructions that a product of 16 by 8 by 16 takes. One after the other they would wait for each other's sum, so
// those of other sums come between them.
#if BF16
#define HALVES 1
#else
#define HALVES 2
#endif

// Adds a half of a product; the right factor is a column's elements 4t to 4t + 3.
DEVICE void multiply(float (&c)[4], const Left &a, const Chunk &b, int half) {
#if BF16
    multiplyBf16(c, a.part[0], a.part[1], a.part[2], a.part[3], b.x, b.y);
#else
    multiplyTf32(c, a.part[half * 4], a.part[half * 4 + 1], a.part[half * 4 + 2], a.part[half * 4 + 3],
                 bits(half == 0 ? b.x : b.z), bits(half == 0 ? b.y : b.w));
#endif
}

// A tile of COLUMNS rows of a factor on its way to shared memory: what one of THREADS threads carries.
template <int COLUMNS, int THREADS>
struct Carried {
    static const int PARTS = COLUMNS * CHUNKS / THREADS;
    static_assert(PARTS * THREADS == COLUMNS * CHUNKS, "threads share a tile evenly");
    float4 part[PARTS];

    DEVICE void fetch(const float *head, int width, int length, int first, int size) {
#pragma unroll
        for (int i = 0; i < PARTS; i++) {
            int at = i * THREADS + threadIdx.x;
            part[i] = chunkOf(head, width, length, first + at / CHUNKS, at % CHUNKS, size);
        }
    }

    DEVICE void put(Chunk *tile) const {
#pragma unroll
        for (int i = 0; i < PARTS; i++) {
            int at = i * THREADS + threadIdx.x;
            int row = at / CHUNKS;
            tile[row * CHUNKS + swapped(row, at % CHUNKS)] = rounded(part[i]);
        }
    }
};

// The left factor of a warp, TILES of 16 rows: in registers, or in shared memory from the row of the warp on.
template <int TILES, bool HELD>
struct Factor {
    Left part[TILES][SIZE / 16];

    DEVICE void load(const Chunk *rows) {
        int g = threadIdx.x % 32 / 4;
#pragma unroll
        for (int m = 0; m < TILES; m++) {
#pragma unroll
            for (int k = 0; k < SIZE / 16; k++) {
                part[m][k] = of(rows, m, k, g);
            }
        }
    }

    DEVICE static Left of(const Chunk *rows, int m, int k, int g) {
        int chunk = swapped(g, k * 4 + threadIdx.x % 4);
        return left(rows[(m * 16 + g) * CHUNKS + chunk], rows[(m * 16 + g + 8) * CHUNKS + chunk]);
    }

    DEVICE Left get(const Chunk *rows, int m, int k) const {
        return HELD ? part[m][k] : of(rows, m, k, threadIdx.x % 32 / 4);
    }
};

// Scores of rows by the columns of a tile: both factors' elements are summed over.
template <int TILES, int COLUMNS, bool HELD>
DEVICE void scores(float (&sums)[TILES][COLUMNS / 8][4], const Factor<TILES, HELD> &factor, const Chunk *rows,
                   const Chunk *tile) {
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
#pragma unroll
    for (int m = 0; m < TILES; m++) {
#pragma unroll
        for (int n = 0; n < COLUMNS / 8; n++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                sums[m][n][e] = 0.f;
            }
        }
    }
#pragma unroll
    for (int k = 0; k < SIZE / 16; k++) {
        Left a[TILES];
#pragma unroll
        for (int m = 0; m < TILES; m++) {
            a[m] = factor.get(rows, m, k);
        }
        int chunk = swapped(g, k * 4 + t);
        Chunk b[COLUMNS / 8];
#pragma unroll
        for (int n = 0; n < COLUMNS / 8; n++) {
            b[n] = tile[(n * 8 + g) * CHUNKS + chunk];
        }
#pragma unroll
        for (int half = 0; half < HALVES; half++) {
#pragma unroll
            for (int n = 0; n < COLUMNS / 8; n++) {
#pragma unroll
                for (int m = 0; m < TILES; m++) {
                    multiply(sums[m][n], a[m], b[n], half);
                }
            }
        }
    }
}

// Adds scores by a tile: the columns of scores, rows of the tile, are summed over. Element e of sums[m][c * 4 + i]
// stands for row e / 2 * 8 + g, column c * 32 + t * 8 + e % 2 * 4 + i.
template <int TILES, int COLUMNS>
DEVICE void addWeighted(float (&sums)[TILES][SIZE / 8][4], const float (&weights)[TILES][COLUMNS / 8][4],
                        const Chunk *tile) {
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
#pragma unroll
    for (int k = 0; k < COLUMNS / 16; k++) {
        Left a[TILES];
#pragma unroll
        for (int m = 0; m < TILES; m++) {
            a[m] = leftOfSums(weights[m][2 * k], weights[m][2 * k + 1]);
        }
        const Chunk *even = tile + (k * 16 + 2 * t) * CHUNKS;
        const Chunk *odd = even + CHUNKS;
#pragma unroll
        for (int c = 0; c < SIZE / 32; c++) {
            int inEven = swapped(2 * t, c * 8 + g);
            int inOdd = swapped(2 * t + 1, c * 8 + g);
            Chunk b0 = even[inEven];
            Chunk b1 = odd[inOdd];
            Chunk b2 = even[8 * CHUNKS + inEven];
            Chunk b3 = odd[8 * CHUNKS + inOdd];
#pragma unroll
            for (int half = 0; half < HALVES; half++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    Chunk b = columnOf(b0, b1, b2, b3, i);
#pragma unroll
                    for (int m = 0; m < TILES; m++) {
                        multiply(sums[m][c * 4 + i], a[m], b, half);
                    }
                }
            }
        }
    }
}

// Writes what addWeighted summed, by a factor for each row.
template <int TILES>
DEVICE void store(const float (&sums)[TILES][SIZE / 8][4], const float (&factors)[TILES][2], float *head, int width,
                  int length, int first, int size) {
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
#pragma unroll
    for (int m = 0; m < TILES; m++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            int row = first + m * 16 + r * 8 + g;
            float x = factors[m][r];
#pragma unroll
            for (int c = 0; c < SIZE / 32; c++) {
#pragma unroll
                for (int e = 0; e < 2; e++) {
                    int column = c * 32 + t * 8 + e * 4;
                    if (row < length && column < size) {
                        *reinterpret_cast<float4 *>(head + (long long)row * width + column) = make_float4(
                            sums[m][c * 4][r * 2 + e] * x, sums[m][c * 4 + 1][r * 2 + e] * x,
                            sums[m][c * 4 + 2][r * 2 + e] * x, sums[m][c * 4 + 3][r * 2 + e] * x);
                    }
                }
            }
        }
    }
}

template <int TILES>
DEVICE void clear(float (&sums)[TILES][SIZE / 8][4]) {
#pragma unroll
    for (int m = 0; m < TILES; m++) {
#pragma unroll
        for (int n = 0; n < SIZE / 8; n++) {
#pragma unroll
            for (int e = 0; e < 4; e++) {
                sums[m][n][e] = 0.f;
            }
        }
    }
}

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

// Brings rows of a left factor to shared memory.
template <int ROWS, int THREADS>
DEVICE void fill(Chunk *tile, const float *head, int width, int length, int first, int size) {
    Carried<ROWS, THREADS> carried;
    carried.fetch(head, width, length, first, size);
    carried.put(tile);
}

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

// Shared memory: two pairs of tiles, between which a block alternates; ranges of rows; left factors. A factor that is
// held takes no room for longer than it is read, so it comes through that of the tiles.
template <int WARPS, int TILES, int COLUMNS, bool HELD>
DEVICE void forward(const Work &w) {
    const int THREADS = WARPS * 32;
    const int ROWS = WARPS * TILES * 16;
    const int TILE = COLUMNS * CHUNKS;
    extern __shared__ float4 shared[];
    Chunk *tiles = reinterpret_cast<Chunk *>(shared);
    int4 *ranges = reinterpret_cast<int4 *>(tiles + 4 * TILE);
    Chunk *left = HELD ? tiles : reinterpret_cast<Chunk *>(ranges + ROWS);
    int warpRow = threadIdx.x / 32 * TILES * 16;
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
    int length = w.queries.length;
    int keys = w.keys.length;
    int first = blockIdx.x * ROWS;
    int group = blockIdx.y / w.perGroup;
    int inGroup = blockIdx.y - group * w.perGroup;
    const float *keysAt = headAt(w.keys, blockIdx.z, group, 0);
    const float *valuesAt = headAt(w.values, blockIdx.z, group, 0);
    for (int row = threadIdx.x; row < ROWS; row += THREADS) {
        ranges[row] = first + row < length ? rangesOf(w.seen, (long long)blockIdx.z * length + first + row, keys)
                                           : make_int4(0, keys, keys, 0);
    }
    Factor<TILES, HELD> factor;
    for (int part = 0; part < ROWS; part += HELD ? (ROWS < 4 * COLUMNS ? ROWS : 4 * COLUMNS) : ROWS) {
        const int PART = HELD ? (ROWS < 4 * COLUMNS ? ROWS : 4 * COLUMNS) : ROWS;
        fill<PART, THREADS>(left, headAt(w.queries, blockIdx.z, group, inGroup), w.queries.width, length, first + part,
                            w.size);
        __syncthreads();
        if (HELD && warpRow >= part && warpRow < part + PART) {
            factor.load(left + (warpRow - part) * CHUNKS);
        }
        __syncthreads();
    }
    const Chunk *rows = left + warpRow * CHUNKS;
    Bounds ofBlock = Bounds::of(ranges, ROWS, length - first, keys);
    Bounds ofWarp = Bounds::of(ranges + warpRow, TILES * 16, length - first - warpRow, keys);
    float sums[TILES][SIZE / 8][4];
    clear<TILES>(sums);
    float most[TILES][2];
    float total[TILES][2];
#pragma unroll
    for (int m = 0; m < TILES; m++) {
        most[m][0] = most[m][1] = -infinity();
        total[m][0] = total[m][1] = 0.f;
    }
    float scale = w.scale * LOG2_E;
    Carried<COLUMNS, THREADS> nextKeys;
    Carried<COLUMNS, THREADS> nextValues;
    int key = ofBlock.next(0, COLUMNS, keys);
    int stage = 0;
    if (key < keys) {
        nextKeys.fetch(keysAt, w.keys.width, keys, key, w.size);
        nextValues.fetch(valuesAt, w.values.width, keys, key, w.size);
        nextKeys.put(tiles);
        nextValues.put(tiles + TILE);
    }
    __syncthreads();
    while (key < keys) {
        int next = ofBlock.next(key + COLUMNS, COLUMNS, keys);
        if (next < keys) {
            nextKeys.fetch(keysAt, w.keys.width, keys, next, w.size);
            nextValues.fetch(valuesAt, w.values.width, keys, next, w.size);
        }
        if (ofWarp.someSee(key, key + COLUMNS)) {
            float weights[TILES][COLUMNS / 8][4];
            scores<TILES, COLUMNS, HELD>(weights, factor, rows, tiles + stage * 2 * TILE);
            if (!ofWarp.allSee(key, key + COLUMNS)) {
                hide<TILES, COLUMNS>(weights, -infinity(), ranges + warpRow, key);
            }
#pragma unroll
            for (int m = 0; m < TILES; m++) {
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    float high = weights[m][0][r * 2];
#pragma unroll
                    for (int n = 0; n < COLUMNS / 8; n++) {
                        high = fmaxf(high, fmaxf(weights[m][n][r * 2], weights[m][n][r * 2 + 1]));
                    }
                    high = fmaxf(high, exchanged(high, 1));
                    high = fmaxf(high, exchanged(high, 2));
                    high = fmaxf(high * scale, most[m][r]);
                    float base = high == -infinity() ? 0.f : high;
                    float change = power(most[m][r] - base);
                    most[m][r] = high;
                    float sum = 0.f;
#pragma unroll
                    for (int n = 0; n < COLUMNS / 8; n++) {
#pragma unroll
                        for (int e = 0; e < 2; e++) {
                            float weight = power(fmaf(weights[m][n][r * 2 + e], scale, -base));
                            weights[m][n][r * 2 + e] = weight;
                            sum += weight;
                        }
                    }
                    total[m][r] = fmaf(total[m][r], change, sum);
#pragma unroll
                    for (int n = 0; n < SIZE / 8; n++) {
                        sums[m][n][r * 2] *= change;
                        sums[m][n][r * 2 + 1] *= change;
                    }
                }
            }
            addWeighted<TILES, COLUMNS>(sums, weights, tiles + (stage * 2 + 1) * TILE);
        }
        stage = 1 - stage;
        if (next < keys) {
            nextKeys.put(tiles + stage * 2 * TILE);
            nextValues.put(tiles + (stage * 2 + 1) * TILE);
        }
        __syncthreads();
        key = next;
    }
    float factors[TILES][2];
#pragma unroll
    for (int m = 0; m < TILES; m++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float sum = total[m][r];
            sum += exchanged(sum, 1);
            sum += exchanged(sum, 2);
            factors[m][r] = sum > 0.f ? 1.f / sum : sum;
            int row = first + warpRow + m * 16 + r * 8 + g;
            if (t == 0 && row < length) {
                w.logSumExp[((long long)blockIdx.z * w.heads + blockIdx.y) * length + row] =
                    sum == 0.f ? -infinity() : (most[m][r] + logarithm(sum)) * LN_2;
            }
        }
    }
    store<TILES>(sums, factors, const_cast<float *>(headAt(w.out, blockIdx.z, group, inGroup)), w.out.width, length,
                 first + warpRow, w.size);
}

// The gradient of queries, and delta.
template <int WARPS, int TILES, int COLUMNS, bool HELD>
DEVICE void queryGradient(const Work &w) {
    const int THREADS = WARPS * 32;
    const int ROWS = WARPS * TILES * 16;
    const int TILE = COLUMNS * CHUNKS;
    const int PART = HELD ? (ROWS < 2 * COLUMNS ? ROWS : 2 * COLUMNS) : ROWS;
    extern __shared__ float4 shared[];
    Chunk *tiles = reinterpret_cast<Chunk *>(shared);
    int4 *ranges = reinterpret_cast<int4 *>(tiles + 4 * TILE);
    Chunk *left = HELD ? tiles : reinterpret_cast<Chunk *>(ranges + ROWS);
    int warpRow = threadIdx.x / 32 * TILES * 16;
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
    int length = w.queries.length;
    int keys = w.keys.length;
    int first = blockIdx.x * ROWS;
    int group = blockIdx.y / w.perGroup;
    int inGroup = blockIdx.y - group * w.perGroup;
    const float *keysAt = headAt(w.keys, blockIdx.z, group, 0);
    const float *valuesAt = headAt(w.values, blockIdx.z, group, 0);
    const float *gradientAt = headAt(w.outGradient, blockIdx.z, group, inGroup);
    const float *outAt = headAt(w.out, blockIdx.z, group, inGroup);
    for (int row = threadIdx.x; row < ROWS; row += THREADS) {
        ranges[row] = first + row < length ? rangesOf(w.seen, (long long)blockIdx.z * length + first + row, keys)
                                           : make_int4(0, keys, keys, 0);
    }
    Factor<TILES, HELD> factor;
    Factor<TILES, HELD> gradient;
    for (int part = 0; part < ROWS; part += PART) {
        fill<PART, THREADS>(left, headAt(w.queries, blockIdx.z, group, inGroup), w.queries.width, length, first + part,
                            w.size);
        fill<PART, THREADS>(left + PART * CHUNKS, gradientAt, w.outGradient.width, length, first + part, w.size);
        __syncthreads();
        if (HELD && warpRow >= part && warpRow < part + PART) {
            factor.load(left + (warpRow - part) * CHUNKS);
            gradient.load(left + (PART + warpRow - part) * CHUNKS);
        }
        __syncthreads();
    }
    const Chunk *rows = left + warpRow * CHUNKS;
    const Chunk *gradientRows = rows + PART * CHUNKS;
    float delta[TILES][2];
    float logSumExp[TILES][2];
#pragma unroll
    for (int m = 0; m < TILES; m++) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            int row = first + warpRow + m * 16 + r * 8 + g;
            float sum = 0.f;
#pragma unroll
            for (int k = 0; k < SIZE / 16; k++) {
                float4 a = chunkOf(gradientAt, w.outGradient.width, length, row, k * 4 + t, w.size);
                float4 b = chunkOf(outAt, w.out.width, length, row, k * 4 + t, w.size);
                sum += a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w;
            }
            sum += exchanged(sum, 1);
            sum += exchanged(sum, 2);
            delta[m][r] = sum;
            long long at = ((long long)blockIdx.z * w.heads + blockIdx.y) * length + row;
            logSumExp[m][r] = row < length ? w.logSumExp[at] * LOG2_E : 0.f;
            if (t == 0 && row < length) {
                w.delta[at] = sum;
            }
        }
    }
    Bounds ofBlock = Bounds::of(ranges, ROWS, length - first, keys);
    Bounds ofWarp = Bounds::of(ranges + warpRow, TILES * 16, length - first - warpRow, keys);
    float sums[TILES][SIZE / 8][4];
    clear<TILES>(sums);
    float scale = w.scale * LOG2_E;
    Carried<COLUMNS, THREADS> nextKeys;
    Carried<COLUMNS, THREADS> nextValues;
    int key = ofBlock.next(0, COLUMNS, keys);
    int stage = 0;
    if (key < keys) {
        nextKeys.fetch(keysAt, w.keys.width, keys, key, w.size);
        nextValues.fetch(valuesAt, w.values.width, keys, key, w.size);
        nextKeys.put(tiles);
        nextValues.put(tiles + TILE);
    }
    __syncthreads();
    while (key < keys) {
        int next = ofBlock.next(key + COLUMNS, COLUMNS, keys);
        if (next < keys) {
            nextKeys.fetch(keysAt, w.keys.width, keys, next, w.size);
            nextValues.fetch(valuesAt, w.values.width, keys, next, w.size);
        }
        if (ofWarp.someSee(key, key + COLUMNS)) {
            float weights[TILES][COLUMNS / 8][4];
            float gradients[TILES][COLUMNS / 8][4];
            scores<TILES, COLUMNS, HELD>(weights, factor, rows, tiles + stage * 2 * TILE);
            scores<TILES, COLUMNS, HELD>(gradients, gradient, gradientRows, tiles + (stage * 2 + 1) * TILE);
#pragma unroll
            for (int m = 0; m < TILES; m++) {
#pragma unroll
                for (int n = 0; n < COLUMNS / 8; n++) {
#pragma unroll
                    for (int e = 0; e < 4; e++) {
                        float weight = power(fmaf(weights[m][n][e], scale, -logSumExp[m][e / 2]));
                        gradients[m][n][e] = weight * (gradients[m][n][e] - delta[m][e / 2]);
                    }
                }
            }
            if (!ofWarp.allSee(key, key + COLUMNS)) {
                hide<TILES, COLUMNS>(gradients, 0.f, ranges + warpRow, key);
            }
            addWeighted<TILES, COLUMNS>(sums, gradients, tiles + stage * 2 * TILE);
        }
        stage = 1 - stage;
        if (next < keys) {
            nextKeys.put(tiles + stage * 2 * TILE);
            nextValues.put(tiles + (stage * 2 + 1) * TILE);
        }
        __syncthreads();
        key = next;
    }
    float factors[TILES][2];
#pragma unroll
    for (int m = 0; m < TILES; m++) {
        factors[m][0] = factors[m][1] = w.scale;
    }
    store<TILES>(sums, factors, const_cast<float *>(headAt(w.queryGradient, blockIdx.z, group, inGroup)),
                 w.queryGradient.width, length, first + warpRow, w.size);
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

// The gradients of keys and values, in the order of the heads of a group, and of queries. Scores are transposed.
template <int WARPS, int TILES, int COLUMNS, bool HELD>
DEVICE void keyValueGradient(const Work &w) {
    const int THREADS = WARPS * 32;
    const int ROWS = WARPS * TILES * 16;
    const int TILE = COLUMNS * CHUNKS;
    const int PART = HELD ? (ROWS < 2 * COLUMNS ? ROWS : 2 * COLUMNS) : ROWS;
    extern __shared__ float4 shared[];
    Chunk *tiles = reinterpret_cast<Chunk *>(shared);
    int4 *ranges = reinterpret_cast<int4 *>(tiles + 4 * TILE);
    float2 *statistics = reinterpret_cast<float2 *>(ranges + 2 * COLUMNS);
    Chunk *left = HELD ? tiles : reinterpret_cast<Chunk *>(ranges + 3 * COLUMNS);
    int warpRow = threadIdx.x / 32 * TILES * 16;
    int g = threadIdx.x % 32 / 4;
    int t = threadIdx.x % 4;
    int length = w.queries.length;
    int keys = w.keys.length;
    int first = blockIdx.x * ROWS;
    int end = min(first + ROWS, keys);
    int group = blockIdx.y;
    Factor<TILES, HELD> keyFactor;
    Factor<TILES, HELD> valueFactor;
    for (int part = 0; part < ROWS; part += PART) {
        fill<PART, THREADS>(left, headAt(w.keys, blockIdx.z, group, 0), w.keys.width, keys, first + part, w.size);
        fill<PART, THREADS>(left + PART * CHUNKS, headAt(w.values, blockIdx.z, group, 0), w.values.width, keys,
                            first + part, w.size);
        __syncthreads();
        if (HELD && warpRow >= part && warpRow < part + PART) {
            keyFactor.load(left + (warpRow - part) * CHUNKS);
            valueFactor.load(left + (PART + warpRow - part) * CHUNKS);
        }
        __syncthreads();
    }
    const Chunk *keyRows = left + warpRow * CHUNKS;
    const Chunk *valueRows = keyRows + PART * CHUNKS;
    float keySums[TILES][SIZE / 8][4];
    float valueSums[TILES][SIZE / 8][4];
    clear<TILES>(keySums);
    clear<TILES>(valueSums);
    float scale = w.scale * LOG2_E;
    Carried<COLUMNS, THREADS> nextQueries;
    Carried<COLUMNS, THREADS> nextGradients;
    int4 nextRanges = make_int4(0, 0, 0, 0);
    float2 nextStatistics = make_float2(0.f, 0.f);
    int seen = 0;
    int stage = 0;
    int inGroup = 0;
    int query = -COLUMNS;
    bool started = false;
    bool more = true;
    while (more) {
        // The next tile, of this head or of one after it.
        int nextSeen = 0;
        int nextQuery = query + COLUMNS;
        int nextInGroup = inGroup;
        while (nextInGroup < w.perGroup) {
            if (nextQuery >= length) {
                nextQuery = 0;
                nextInGroup++;
            } else {
                nextSeen = seenBy<COLUMNS>(w, nextQuery, first, end);
                if (nextSeen > 0) {
                    break;
                }
                nextQuery += COLUMNS;
            }
        }
        more = nextInGroup < w.perGroup;
        if (more) {
            nextQueries.fetch(headAt(w.queries, blockIdx.z, group, nextInGroup), w.queries.width, length, nextQuery,
                              w.size);
            nextGradients.fetch(headAt(w.outGradient, blockIdx.z, group, nextInGroup), w.outGradient.width, length,
                                nextQuery, w.size);
            // What is fetched is used only after the scores of this tile, or its way from memory would be waited for.
            if (threadIdx.x < COLUMNS) {
                int column = nextQuery + threadIdx.x;
                // What is past the last query weighs nothing.
                nextStatistics = make_float2(infinity(), 0.f);
                nextRanges = make_int4(0, keys, 0, 0);
                if (column < length) {
                    long long at =
                        ((long long)blockIdx.z * w.heads + group * w.perGroup + nextInGroup) * length + column;
                    nextStatistics = make_float2(w.logSumExp[at], w.delta[at]);
                    nextRanges = givenRanges(w.seen, (long long)blockIdx.z * length + column, keys);
                }
            }
        }
        if (started) {
            const Chunk *queryTile = tiles + stage * 2 * TILE;
            const Chunk *gradientTile = queryTile + TILE;
            float weights[TILES][COLUMNS / 8][4];
            float gradients[TILES][COLUMNS / 8][4];
            scores<TILES, COLUMNS, HELD>(weights, keyFactor, keyRows, queryTile);
            scores<TILES, COLUMNS, HELD>(gradients, valueFactor, valueRows, gradientTile);
#pragma unroll
            for (int n = 0; n < COLUMNS / 8; n++) {
#pragma unroll
                for (int e = 0; e < 2; e++) {
                    int column = stage * COLUMNS + n * 8 + t * 2 + e;
                    float2 statistic = statistics[column];
#pragma unroll
                    for (int m = 0; m < TILES; m++) {
#pragma unroll
                        for (int r = 0; r < 2; r++) {
                            float weight = power(fmaf(weights[m][n][r * 2 + e], scale, -statistic.x));
                            weights[m][n][r * 2 + e] = weight;
                            gradients[m][n][r * 2 + e] = weight * (gradients[m][n][r * 2 + e] - statistic.y);
                        }
                    }
                }
            }
            if (seen == 1) {
#pragma unroll
                for (int n = 0; n < COLUMNS / 8; n++) {
#pragma unroll
                    for (int e = 0; e < 2; e++) {
                        int4 ofColumn = ranges[stage * COLUMNS + n * 8 + t * 2 + e];
#pragma unroll
                        for (int m = 0; m < TILES; m++) {
#pragma unroll
                            for (int r = 0; r < 2; r++) {
                                if (!sees(ofColumn, first + warpRow + m * 16 + r * 8 + g)) {
                                    weights[m][n][r * 2 + e] = 0.f;
                                    gradients[m][n][r * 2 + e] = 0.f;
                                }
                            }
                        }
                    }
                }
            }
            addWeighted<TILES, COLUMNS>(valueSums, weights, gradientTile);
            addWeighted<TILES, COLUMNS>(keySums, gradients, queryTile);
        }
        stage = 1 - stage;
        if (more) {
            nextQueries.put(tiles + stage * 2 * TILE);
            nextGradients.put(tiles + (stage * 2 + 1) * TILE);
            if (threadIdx.x < COLUMNS) {
                ranges[stage * COLUMNS + threadIdx.x] = boundsOf(nextRanges, keys);
                statistics[stage * COLUMNS + threadIdx.x] = make_float2(nextStatistics.x * LOG2_E, nextStatistics.y);
            }
        }
        __syncthreads();
        started = true;
        seen = nextSeen;
        query = nextQuery;
        inGroup = nextInGroup;
    }
    float factors[TILES][2];
#pragma unroll
    for (int m = 0; m < TILES; m++) {
        factors[m][0] = factors[m][1] = 1.f;
    }
    store<TILES>(valueSums, factors, const_cast<float *>(headAt(w.valueGradient, blockIdx.z, group, 0)),
                 w.valueGradient.width, keys, first + warpRow, w.size);
#pragma unroll
    for (int m = 0; m < TILES; m++) {
        factors[m][0] = factors[m][1] = w.scale;
    }
    store<TILES>(keySums, factors, const_cast<float *>(headAt(w.keyGradient, blockIdx.z, group, 0)),
                 w.keyGradient.width, keys, first + warpRow, w.size);
}

extern "C" __global__ void __launch_bounds__(FORWARD_WARPS * 32, FORWARD_BLOCKS)
    attentionForward(const Work work) {
    forward<FORWARD_WARPS, FORWARD_TILES, FORWARD_COLUMNS, FORWARD_HELD>(work);
}

extern "C" __global__ void __launch_bounds__(QUERY_WARPS * 32, QUERY_BLOCKS)
    attentionQueryGradient(const Work work) {
    queryGradient<QUERY_WARPS, QUERY_TILES, QUERY_COLUMNS, QUERY_HELD>(work);
}

extern "C" __global__ void __launch_bounds__(KEY_WARPS * 32, KEY_BLOCKS)
    attentionKeyValueGradient(const Work work) {
    keyValueGradient<KEY_WARPS, KEY_TILES, KEY_COLUMNS, KEY_HELD>(work);
}
