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
                            float weight = power(product(weights[m][n][r * 2 + e], scale) - base);
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

extern "C" __global__ void __launch_bounds__(FORWARD_WARPS * 32, FORWARD_BLOCKS)
    attentionForward(const Work work) {
    forward<FORWARD_WARPS, FORWARD_TILES, FORWARD_COLUMNS, FORWARD_HELD>(work);
}
