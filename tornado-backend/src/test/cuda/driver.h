// What the files of the stand-in for NVIDIA's driver share.
#pragma once

#include <cstddef>
#include <cstdio>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "stream.h"

namespace cuda {
using Operation = std::function<void()>;

constexpr int SUCCESS = 0;
constexpr int INVALID_VALUE = 1;
constexpr int OUT_OF_MEMORY = 2;
constexpr int INVALID_IMAGE = 200;
constexpr int INVALID_CONTEXT = 201;
constexpr int NOT_FOUND = 500;
constexpr int ALREADY_REGISTERED = 712;
constexpr int NOT_REGISTERED = 713;
constexpr int CAPTURE_UNSUPPORTED = 900;

constexpr int STATIC_SHARED = 48 << 10;
constexpr int MOST_SHARED = 227 << 10;

struct Context {};

struct Graph {
    std::vector<Operation> nodes;
};

struct Stream {
    std::unique_ptr<Graph> captured;
};

extern std::recursive_mutex mutex;
extern thread_local Context *current;

/** Streams that are being captured. */
extern int capturing;

/** Does all that streams were told. */
int flush();

/** Tells a stream, or the graph that it is captured into, to do something. */
int tell(Stream *stream, Operation operation);

inline bool isCapturing(Stream *stream) { return stream && stream->captured; }

inline int wrong(const char *function, const char *what, int status = INVALID_VALUE) {
    std::fprintf(stderr, "stand-in for CUDA: %s: %s\n", function, what);
    return status;
}

/** Bytes that the device has. */
std::size_t total();
} // namespace cuda

#define LOCKED std::lock_guard lock(mutex)
#define IN_CONTEXT                                                                                                     \
    LOCKED;                                                                                                            \
    if (!current) {                                                                                                    \
        return wrong(__func__, "this thread has no context", INVALID_CONTEXT);                                         \
    }
#define NOT_WHILE_CAPTURING                                                                                            \
    if (capturing > 0) {                                                                                               \
        return wrong(__func__, "not while a stream is captured", CAPTURE_UNSUPPORTED);                                 \
    }
