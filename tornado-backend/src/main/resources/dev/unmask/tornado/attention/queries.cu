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
                        float weight = power(atMostZero(fmaf(weights[m][n][e], scale, -logSumExp[m][e / 2])));
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

extern "C" __global__ void __launch_bounds__(QUERY_WARPS * 32, QUERY_BLOCKS)
    attentionQueryGradient(const Work work) {
    queryGradient<QUERY_WARPS, QUERY_TILES, QUERY_COLUMNS, QUERY_HELD>(work);
}
