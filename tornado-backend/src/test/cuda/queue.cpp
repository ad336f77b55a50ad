// Streams, events and graphs. All streams are one queue, and what it holds is done when somebody waits for any of it, no
// sooner than CUDA may do it, so that who reads too early reads what was there before.
#include <chrono>
#include <deque>

#include "driver.h"

using namespace cuda;

namespace {
std::deque<Operation> pending;

struct Event {
    std::chrono::steady_clock::time_point time;
};
} // namespace

std::recursive_mutex cuda::mutex;
int cuda::capturing = 0;

int cuda::flush() {
    while (!pending.empty()) {
        Operation next = std::move(pending.front());
        pending.pop_front();
        next();
    }
    return SUCCESS;
}

int cuda::tell(Stream *stream, Operation operation) {
    if (stream && stream->captured) {
        stream->captured->nodes.push_back(std::move(operation));
    } else {
        pending.push_back(std::move(operation));
    }
    return SUCCESS;
}

void standInTell(void *stream, Operation operation) {
    LOCKED;
    tell(static_cast<Stream *>(stream), std::move(operation));
}

extern "C" {
int cuStreamCreate(void **stream, unsigned) {
    IN_CONTEXT;
    *stream = new Stream();
    return SUCCESS;
}

int cuStreamDestroy_v2(void *) {
    LOCKED;
    return flush();
}

int cuStreamSynchronize(void *stream) {
    IN_CONTEXT;
    if (isCapturing(static_cast<Stream *>(stream))) {
        return wrong(__func__, "the stream is captured", CAPTURE_UNSUPPORTED);
    }
    return flush();
}

int cuStreamWaitEvent(void *, void *, unsigned) {
    IN_CONTEXT;
    return SUCCESS;
}

int cuStreamBeginCapture_v2(void *stream, int) {
    IN_CONTEXT;
    Stream *captured = static_cast<Stream *>(stream);
    if (captured->captured) {
        return CAPTURE_UNSUPPORTED;
    }
    captured->captured = std::make_unique<Graph>();
    capturing++;
    return SUCCESS;
}

int cuStreamEndCapture(void *stream, void **graph) {
    IN_CONTEXT;
    Stream *captured = static_cast<Stream *>(stream);
    if (!captured->captured) {
        return CAPTURE_UNSUPPORTED;
    }
    *graph = captured->captured.release();
    capturing--;
    return SUCCESS;
}

int cuStreamIsCapturing(void *stream, int *status) {
    LOCKED;
    *status = isCapturing(static_cast<Stream *>(stream)) ? 1 : 0;
    return SUCCESS;
}

int cuGraphInstantiateWithFlags(void **executable, void *graph, unsigned long long) {
    IN_CONTEXT;
    *executable = new Graph(*static_cast<Graph *>(graph));
    return SUCCESS;
}

int cuGraphExecUpdate_v2(void *executable, void *graph, void *) {
    IN_CONTEXT;
    *static_cast<Graph *>(executable) = *static_cast<Graph *>(graph);
    return SUCCESS;
}

int cuGraphLaunch(void *executable, void *queue) {
    IN_CONTEXT;
    for (const Operation &node : static_cast<Graph *>(executable)->nodes) {
        tell(static_cast<Stream *>(queue), node);
    }
    return SUCCESS;
}

int cuGraphExecDestroy(void *executable) {
    IN_CONTEXT;
    delete static_cast<Graph *>(executable);
    return SUCCESS;
}

int cuGraphDestroy(void *graph) {
    IN_CONTEXT;
    delete static_cast<Graph *>(graph);
    return SUCCESS;
}

int cuEventCreate(void **event, unsigned) {
    IN_CONTEXT;
    *event = new std::shared_ptr<Event>(new Event());
    return SUCCESS;
}

int cuEventDestroy_v2(void *event) {
    LOCKED;
    delete static_cast<std::shared_ptr<Event> *>(event);
    return SUCCESS;
}

int cuEventRecord(void *event, void *queue) {
    IN_CONTEXT;
    std::shared_ptr<Event> kept = *static_cast<std::shared_ptr<Event> *>(event);
    return tell(static_cast<Stream *>(queue), [kept] { kept->time = std::chrono::steady_clock::now(); });
}

int cuEventSynchronize(void *) {
    LOCKED;
    NOT_WHILE_CAPTURING;
    return flush();
}

int cuEventQuery(void *) {
    LOCKED;
    return flush();
}

int cuEventElapsedTime_v2(float *milliseconds, void *from, void *to) {
    LOCKED;
    flush();
    auto begin = (*static_cast<std::shared_ptr<Event> *>(from))->time;
    auto end = (*static_cast<std::shared_ptr<Event> *>(to))->time;
    *milliseconds = std::chrono::duration<float, std::milli>(end - begin).count();
    return SUCCESS;
}
}
