// See lanes.h. Blocks are shared out among the host's threads.
#include "lanes.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <mutex>
#include <sys/mman.h>
#include <thread>
#include <vector>

extern "C" {
thread_local StandInLane *standInLane = nullptr;
void standInSwitch(void **from, void *to);
}

// Saves what a callee owes to its caller, and goes on with another stack.
asm(R"(
    .text
    .globl standInSwitch
    .hidden standInSwitch
    .type standInSwitch, @function
standInSwitch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size standInSwitch, .-standInSwitch
)");

namespace {
constexpr std::size_t STACK = 256 << 10;
constexpr int WARP = 32;
constexpr std::size_t SLOT = 32;

struct Fiber {
    StandInLane lane;
    void *stack = nullptr;
    void *saved = nullptr;
    bool ended = false;
};

/** Lanes that wait for each other. */
struct Gathering {
    int present = 0;
    int expected = 0;
    std::vector<Fiber *> waiting;
};

struct Block {
    std::vector<Fiber> fibers;
    std::deque<Fiber *> ready;
    Gathering all;
    std::vector<Gathering> warps;
    std::vector<char> slots;
    std::vector<char> shared;
    void *scheduler = nullptr;
    Fiber *now = nullptr;
    const std::function<void()> *kernel = nullptr;
};

thread_local std::unique_ptr<Block> block;
thread_local std::vector<char> sharedOfPlain;

void release(Gathering &gathering) {
    if (gathering.present > 0 && gathering.present == gathering.expected) {
        for (Fiber *fiber : gathering.waiting) {
            block->ready.push_back(fiber);
        }
        gathering.waiting.clear();
        gathering.present = 0;
    }
}

void wait(Gathering &gathering) {
    Fiber *self = block->now;
    gathering.present++;
    gathering.waiting.push_back(self);
    release(gathering);
    standInSwitch(&self->saved, block->scheduler);
}

Gathering &warpOf(const Fiber &fiber) { return block->warps[fiber.lane.number / WARP]; }

void runLane() {
    (*block->kernel)();
    Fiber *self = block->now;
    self->ended = true;
    block->all.expected--;
    warpOf(*self).expected--;
    release(block->all);
    release(warpOf(*self));
    void *never;
    standInSwitch(&never, block->scheduler);
    std::abort();
}

void *newStack() {
    void *stack = mmap(nullptr, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) {
        std::perror("stand-in for CUDA: no memory for a stack");
        std::abort();
    }
    return stack;
}

void runWaiting(const std::function<void()> &kernel, const StandInGrid &grid, const StandInIndex &index) {
    int lanes = grid.threads.x * grid.threads.y * grid.threads.z;
    if (!block) {
        block = std::make_unique<Block>();
    }
    Block &b = *block;
    while (b.fibers.size() < static_cast<std::size_t>(lanes)) {
        b.fibers.emplace_back();
        b.fibers.back().stack = newStack();
    }
    b.kernel = &kernel;
    b.all = {0, lanes, {}};
    b.warps.assign((lanes + WARP - 1) / WARP, {});
    b.slots.assign(lanes * SLOT + WARP * SLOT, 0);
    b.shared.assign(grid.sharedBytes + 64, static_cast<char>(0xff));
    b.ready.clear();
    for (int i = 0; i < lanes; i++) {
        Fiber &fiber = b.fibers[i];
        unsigned x = i % grid.threads.x;
        unsigned y = i / grid.threads.x % grid.threads.y;
        unsigned z = i / (grid.threads.x * grid.threads.y);
        fiber.lane = {{x, y, z}, index, grid.threads, grid.blocks, i};
        fiber.ended = false;
        void **top = reinterpret_cast<void **>(static_cast<char *>(fiber.stack) + STACK);
        // As after a call: 8 bytes off a multiple of 16.
        *--top = nullptr;
        *--top = reinterpret_cast<void *>(&runLane);
        for (int saved = 0; saved < 6; saved++) {
            *--top = nullptr;
        }
        fiber.saved = top;
        warpOf(fiber).expected++;
        b.ready.push_back(&fiber);
    }
    while (!b.ready.empty()) {
        Fiber *next = b.ready.front();
        b.ready.pop_front();
        b.now = next;
        standInLane = &next->lane;
        standInSwitch(&b.scheduler, next->saved);
    }
    for (int i = 0; i < lanes; i++) {
        if (!b.fibers[i].ended) {
            std::fprintf(stderr, "stand-in for CUDA: threads of a block wait for others that wait elsewhere\n");
            std::abort();
        }
    }
}

void runPlain(const std::function<void()> &kernel, const StandInGrid &grid, const StandInIndex &index) {
    StandInLane lane = {{0, 0, 0}, index, grid.threads, grid.blocks, 0};
    standInLane = &lane;
    sharedOfPlain.assign(grid.sharedBytes + 64, static_cast<char>(0xff));
    for (lane.thread.z = 0; lane.thread.z < grid.threads.z; lane.thread.z++) {
        for (lane.thread.y = 0; lane.thread.y < grid.threads.y; lane.thread.y++) {
            for (lane.thread.x = 0; lane.thread.x < grid.threads.x; lane.thread.x++) {
                kernel();
                lane.number++;
            }
        }
    }
}
} // namespace

extern "C" {
void standInWaitForBlock() { wait(block->all); }

void standInWaitForWarp() { wait(warpOf(*block->now)); }

void *standInSlot(int lane) { return &block->slots[(standInLane->number / WARP * WARP + lane) * SLOT]; }

void *standInShared() {
    char *start = block && standInLane == &block->now->lane ? block->shared.data() : sharedOfPlain.data();
    return reinterpret_cast<void *>((reinterpret_cast<std::uintptr_t>(start) + 15) / 16 * 16);
}
}

namespace {
/** Threads of the host that do the same work, one of them the caller. */
class Crew {
public:
    static Crew &here() {
        // Never destroyed: its threads wait until the process ends.
        static Crew *crew = new Crew();
        return *crew;
    }

    void doAll(const std::function<void()> &work) {
        {
            std::lock_guard lock(mutex);
            now = &work;
            turn++;
            busy = helpers;
        }
        begin.notify_all();
        work();
        std::unique_lock lock(mutex);
        done.wait(lock, [this] { return busy == 0; });
    }

private:
    Crew() : helpers(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())) - 1) {
        for (int i = 0; i < helpers; i++) {
            std::thread([this] { help(); }).detach();
        }
    }

    void help() {
        long seen = 0;
        std::unique_lock lock(mutex);
        while (true) {
            begin.wait(lock, [&] { return turn != seen; });
            seen = turn;
            const std::function<void()> *work = now;
            lock.unlock();
            (*work)();
            lock.lock();
            if (--busy == 0) {
                done.notify_all();
            }
        }
    }

    std::mutex mutex;
    std::condition_variable begin, done;
    const std::function<void()> *now = nullptr;
    long turn = 0;
    int busy = 0;
    int helpers;
};
} // namespace

void standInRun(const std::function<void()> &kernel, const StandInGrid &grid, bool waits) {
    long blocks = static_cast<long>(grid.blocks.x) * grid.blocks.y * grid.blocks.z;
    std::atomic<long> next{0};
    std::function<void()> work = [&] {
        for (long i = next++; i < blocks; i = next++) {
            StandInIndex index = {
                static_cast<unsigned>(i % grid.blocks.x),
                static_cast<unsigned>(i / grid.blocks.x % grid.blocks.y),
                static_cast<unsigned>(i / grid.blocks.x / grid.blocks.y)};
            if (waits) {
                runWaiting(kernel, grid, index);
            } else {
                runPlain(kernel, grid, index);
            }
        }
    };
    if (blocks == 1) {
        work();
    } else {
        Crew::here().doAll(work);
    }
}
