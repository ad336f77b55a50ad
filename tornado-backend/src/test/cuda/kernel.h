// What CUDA C means on a CPU: included before each kernel that the stand-in for NVRTC compiles. A lane is a thread of a
// block; the lanes of a block take turns on one thread of the host, see lanes.h.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <tuple>
#include <utility>

#include "lanes.h"

#define STAND_IN
#define __global__
#define __device__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __shared__ static thread_local

#define threadIdx (standInLane->thread)
#define blockIdx (standInLane->block)
#define blockDim (standInLane->threads)
#define gridDim (standInLane->blocks)

struct alignas(8) float2 {
    float x, y;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
struct alignas(8) int2 {
    int x, y;
};
struct alignas(16) int4 {
    int x, y, z, w;
};
struct alignas(8) uint2 {
    unsigned x, y;
};
struct alignas(16) uint4 {
    unsigned x, y, z, w;
};

inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline int2 make_int2(int x, int y) { return {x, y}; }
inline int4 make_int4(int x, int y, int z, int w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

inline void __syncthreads() { standInWaitForBlock(); }
inline void __syncwarp() { standInWaitForWarp(); }

template <class To, class From> To standInBits(From from) {
    static_assert(sizeof(To) == sizeof(From));
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}

inline unsigned __float_as_uint(float x) { return standInBits<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return standInBits<float>(x); }
inline int __float_as_int(float x) { return standInBits<int>(x); }
inline float __int_as_float(int x) { return standInBits<float>(x); }

using std::abs;
using std::isfinite;
using std::isinf;
using std::isnan;
using std::max;
using std::min;

inline float rsqrtf(float x) { return 1 / sqrtf(x); }
inline float rsqrt(float x) { return rsqrtf(x); }
inline double rsqrt(double x) { return 1 / std::sqrt(x); }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }

/** What a launch does, of a kernel and a copy of its arguments. */
template <class... A> std::function<void()> standInBound(void (*kernel)(A...), void **arguments) {
    auto copied = [&]<std::size_t... I>(std::index_sequence<I...>) {
        return std::tuple<std::decay_t<A>...>(*static_cast<std::decay_t<A> *>(arguments[I])...);
    }(std::index_sequence_for<A...>());
    return [kernel, copied] { std::apply(kernel, copied); };
}

/** What all lanes of a warp give, as lane l reads it. */
template <class T> class StandInWarp {
public:
    explicit StandInWarp(const T &given) {
        std::memcpy(standInSlot(standInWarpLane()), &given, sizeof given);
        standInWaitForWarp();
    }
    ~StandInWarp() { standInWaitForWarp(); }
    StandInWarp(const StandInWarp &) = delete;
    StandInWarp &operator=(const StandInWarp &) = delete;
    T of(int lane) const {
        T given;
        std::memcpy(&given, standInSlot(lane), sizeof given);
        return given;
    }
};

// What attention on tensor cores needs of PTX (device.cu of the resources).
#define INFINITY_BITS 0x7f800000
#define DEVICE inline

DEVICE unsigned bits(float x) { return standInBits<unsigned>(x); }
DEVICE float fromBits(unsigned x) { return standInBits<float>(x); }
DEVICE float infinity() { return fromBits(INFINITY_BITS); }
DEVICE float power(float x) { return exp2f(x); }
DEVICE float logarithm(float x) { return log2f(x); }
DEVICE float atMostZero(float x) { return x > 0 ? 0.f : x; }

DEVICE float product(float x, float y) {
    float rounded = x * y;
    // Keeps the compiler from fusing it with what follows.
    asm volatile("" : "+x"(rounded));
    return rounded;
}


/** To the nearest of 10 bits of mantissa, a tie away from zero. */
DEVICE unsigned roundTf32(float x) {
    return std::isfinite(x) ? (bits(x) + 0x1000u) & 0xffffe000u : bits(x);
}

inline unsigned standInBfloat16(float x) {
    if (std::isnan(x)) {
        return 0x7fff;
    }
    unsigned word = bits(x);
    return (word + 0x7fffu + (word >> 16 & 1)) >> 16;
}

DEVICE unsigned roundPair(float first, float second) { return standInBfloat16(first) | standInBfloat16(second) << 16; }
DEVICE unsigned firsts(unsigned a, unsigned b) { return (a & 0xffff) | b << 16; }
DEVICE unsigned seconds(unsigned a, unsigned b) { return a >> 16 | (b & 0xffff0000u); }

struct StandInFactors {
    unsigned a[4];
    unsigned b[2];
};

/** mma.sync.m16n8k8 of TF32, as the PTX manual lays its fragments out. */
inline void multiplyTf32(
    float (&c)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) {
    StandInWarp<StandInFactors> warp({{a0, a1, a2, a3}, {b0, b1}});
    int g = standInWarpLane() / 4;
    int t = standInWarpLane() % 4;
    for (int i = 0; i < 4; i++) {
        int row = g + i / 2 * 8;
        int column = 2 * t + i % 2;
        for (int k = 0; k < 8; k++) {
            unsigned a = warp.of(row % 8 * 4 + k % 4).a[row / 8 + k / 4 * 2];
            unsigned b = warp.of(column * 4 + k % 4).b[k / 4];
            // Tensor cores do not look at the other bits.
            c[i] += fromBits(a & 0xffffe000u) * fromBits(b & 0xffffe000u);
        }
    }
}

/** mma.sync.m16n8k16 of bfloat16. */
inline void multiplyBf16(
    float (&c)[4], unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) {
    StandInWarp<StandInFactors> warp({{a0, a1, a2, a3}, {b0, b1}});
    int g = standInWarpLane() / 4;
    int t = standInWarpLane() % 4;
    auto half = [](unsigned pair, int which) { return fromBits(which ? pair & 0xffff0000u : pair << 16); };
    for (int i = 0; i < 4; i++) {
        int row = g + i / 2 * 8;
        int column = 2 * t + i % 2;
        for (int k = 0; k < 16; k++) {
            unsigned a = warp.of(row % 8 * 4 + k % 8 / 2).a[row / 8 + k / 8 * 2];
            unsigned b = warp.of(column * 4 + k % 8 / 2).b[k / 8];
            c[i] += half(a, k % 2) * half(b, k % 2);
        }
    }
}

DEVICE float exchanged(float x, int mask) { return StandInWarp<float>(x).of(standInWarpLane() ^ mask); }
DEVICE int exchanged(int x, int mask) { return StandInWarp<int>(x).of(standInWarpLane() ^ mask); }

DEVICE bool anyLane(bool x) {
    StandInWarp<bool> warp(x);
    bool any = false;
    for (int lane = 0; lane < 32; lane++) {
        any |= warp.of(lane);
    }
    return any;
}

DEVICE bool allLanes(bool x) { return !anyLane(!x); }
