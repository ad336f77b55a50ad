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

// Brings rows of a left factor to shared memory.
template <int ROWS, int THREADS>
DEVICE void fill(Chunk *tile, const float *head, int width, int length, int first, int size) {
    Carried<ROWS, THREADS> carried;
    carried.fetch(head, width, length, first, size);
    carried.put(tile);
}
