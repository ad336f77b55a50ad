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

// Rounded, and not fused with what is subtracted from it: the largest of some scores less itself is zero then, where
// it would be what rounding took off, which for scores of 1e10 is more than any power holds.
DEVICE float product(float x, float y) { return __fmul_rn(x, y); }

// No weight is more than 1, though its logarithm may be rounded to more than 0; what is not a number stays that.
DEVICE float atMostZero(float x) {
    float y;
    asm("min.NaN.f32 %0, %1, 0f00000000;" : "=f"(y) : "f"(x));
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
