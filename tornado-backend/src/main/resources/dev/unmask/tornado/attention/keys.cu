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
                            float weight = power(atMostZero(fmaf(weights[m][n][r * 2 + e], scale, -statistic.x)));
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

extern "C" __global__ void __launch_bounds__(KEY_WARPS * 32, KEY_BLOCKS)
    attentionKeyValueGradient(const Work work) {
    keyValueGradient<KEY_WARPS, KEY_TILES, KEY_COLUMNS, KEY_HELD>(work);
}
