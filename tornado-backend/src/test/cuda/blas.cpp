// Stands in for cuBLAS, libcublas.so.13: the one product that is asked for, by plain loops.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

#include "stream.h"

namespace {
constexpr int SUCCESS = 0;
constexpr int NOT_INITIALIZED = 1;
constexpr int INVALID_VALUE = 7;
constexpr int NOT_SUPPORTED = 15;
constexpr int FLOAT32 = 0;
constexpr int BFLOAT16 = 14;
constexpr int COMPUTE_FLOAT32 = 68;
constexpr int COMPUTE_TF32 = 77;

struct Handle {
    void *stream = nullptr;
};

float rounded(float x, bool tf32) {
    if (!tf32) {
        return x;
    }
    std::uint32_t word;
    std::memcpy(&word, &x, sizeof word);
    word = (word & 0x7f800000) == 0x7f800000 ? word : (word + 0x1000) & 0xffffe000;
    std::memcpy(&x, &word, sizeof x);
    return x;
}

/** A matrix by columns; or its transpose, if it is transposed. */
struct Factor {
    const char *at;
    int type;
    long long width;
    bool transposed;
    bool tf32;

    float operator()(long long row, long long column) const {
        long long index = transposed ? column + row * width : row + column * width;
        if (type == BFLOAT16) {
            std::uint16_t half;
            std::memcpy(&half, at + 2 * index, sizeof half);
            std::uint32_t word = static_cast<std::uint32_t>(half) << 16;
            float value;
            std::memcpy(&value, &word, sizeof value);
            return value;
        }
        float value;
        std::memcpy(&value, at + 4 * index, sizeof value);
        return rounded(value, tf32);
    }
};

int bytes(int type) { return type == BFLOAT16 ? 2 : 4; }

/** C is [m, n]. */
void multiply(
    int m, int n, int k, float alpha, const Factor &a, const Factor &b, float beta, float *c, long long width) {
    std::vector<float> rows(static_cast<std::size_t>(m) * k);
    for (int p = 0; p < k; p++) {
        for (int i = 0; i < m; i++) {
            rows[static_cast<std::size_t>(p) * m + i] = a(i, p);
        }
    }
    std::vector<float> sums(m);
    for (int j = 0; j < n; j++) {
        std::fill(sums.begin(), sums.end(), 0.0f);
        for (int p = 0; p < k; p++) {
            float factor = b(p, j);
            const float *row = &rows[static_cast<std::size_t>(p) * m];
            for (int i = 0; i < m; i++) {
                sums[i] += row[i] * factor;
            }
        }
        float *column = c + j * width;
        for (int i = 0; i < m; i++) {
            // What C holds is not read when beta is zero.
            column[i] = beta == 0 ? alpha * sums[i] : alpha * sums[i] + beta * column[i];
        }
    }
}

int wrong(int status, const char *what) {
    std::fprintf(stderr, "stand-in for cuBLAS: %s\n", what);
    return status;
}

/** Elements from the first of a matrix to after its last. */
std::size_t extent(long long rows, long long columns, long long width) {
    return static_cast<std::size_t>((columns - 1) * width + rows);
}
} // namespace

extern "C" {
int cublasCreate_v2(Handle **handle) {
    if (!standInHasContext()) {
        return wrong(NOT_INITIALIZED, "this thread has no context");
    }
    *handle = new Handle();
    return SUCCESS;
}

int cublasSetStream_v2(Handle *handle, void *stream) {
    handle->stream = stream;
    return SUCCESS;
}

int cublasSetWorkspace_v2(Handle *, void *workspace, std::size_t size) {
    return standInOwns(workspace, size) ? SUCCESS : wrong(INVALID_VALUE, "the workspace is no memory of the device");
}

int cublasGemmStridedBatchedEx(
    Handle *handle,
    int transposeA,
    int transposeB,
    int m,
    int n,
    int k,
    const float *alpha,
    const char *a,
    int typeA,
    int widthA,
    long long stepA,
    const char *b,
    int typeB,
    int widthB,
    long long stepB,
    const float *beta,
    char *c,
    int typeC,
    int widthC,
    long long stepC,
    int count,
    int compute,
    int) {
    if (!standInHasContext()) {
        return wrong(NOT_INITIALIZED, "this thread has no context");
    }
    bool isNarrow = widthA < (transposeA ? k : m) || widthB < (transposeB ? n : k) || widthC < m;
    if (m < 0 || n < 0 || k < 0 || count < 0 || isNarrow) {
        return wrong(INVALID_VALUE, "a matrix is narrower than its columns");
    }
    if (typeA != typeB || (typeA != FLOAT32 && typeA != BFLOAT16) || typeC != FLOAT32
        || (compute != COMPUTE_FLOAT32 && compute != COMPUTE_TF32) || (compute == COMPUTE_TF32 && typeA != FLOAT32)) {
        return wrong(NOT_SUPPORTED, "these types");
    }
    if (m == 0 || n == 0 || count == 0) {
        return SUCCESS;
    }
    std::size_t ofA = extent(transposeA ? k : m, transposeA ? m : k, widthA) * bytes(typeA);
    std::size_t ofB = extent(transposeB ? n : k, transposeB ? k : n, widthB) * bytes(typeB);
    std::size_t ofC = extent(m, n, widthC) * sizeof(float);
    for (int i = 0; i < count; i++) {
        if (!standInOwns(a + i * stepA * bytes(typeA), ofA) || !standInOwns(b + i * stepB * bytes(typeB), ofB)
            || !standInOwns(c + i * stepC * 4, ofC)) {
            return wrong(INVALID_VALUE, "a matrix is not in memory of the device");
        }
    }
    float factor = *alpha;
    float held = *beta;
    bool tf32 = compute == COMPUTE_TF32;
    standInTell(handle->stream, [=] {
        for (int i = 0; i < count; i++) {
            multiply(
                m,
                n,
                k,
                factor,
                {a + i * stepA * bytes(typeA), typeA, widthA, transposeA != 0, tf32},
                {b + i * stepB * bytes(typeB), typeB, widthB, transposeB != 0, tf32},
                held,
                reinterpret_cast<float *>(c + i * stepC * 4),
                widthC);
        }
    });
    return SUCCESS;
}
}
