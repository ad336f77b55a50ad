// The lanes (threads) of a block, which take turns on one thread of the host: each has a stack of its own, and goes on
// until it waits for the others.
#pragma once

#include <functional>

struct StandInIndex {
    unsigned x, y, z;
};

/** What a lane knows of itself. */
struct StandInLane {
    StandInIndex thread, block, threads, blocks;
    int number;
};

extern "C" {
/** The lane that has its turn. */
extern thread_local StandInLane *standInLane __attribute__((tls_model("global-dynamic")));

/** Waits until all lanes of the block that have not ended are here. */
void standInWaitForBlock();

/** The same of a warp. */
void standInWaitForWarp();

/** Where a lane of this warp leaves something for the others, of up to 32 bytes. */
void *standInSlot(int lane);

/** The memory of a block whose size the launch gives. */
void *standInShared();
}

inline int standInWarpLane() { return standInLane->number % 32; }

/** A grid of blocks. */
struct StandInGrid {
    StandInIndex blocks, threads;
    unsigned sharedBytes;
};

/** Runs a kernel in every lane of every block; one that never waits needs no stacks. */
void standInRun(const std::function<void()> &kernel, const StandInGrid &grid, bool waits);
