// Memory of the device is memory of the host. What was taken holds NaN: all bits are set.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <sys/mman.h>

#include "driver.h"

using namespace cuda;

namespace {
std::map<char *, std::size_t> allocated;
std::map<char *, std::size_t> pinned;
std::size_t taken = 0;

std::size_t number(const char *name, std::size_t otherwise) {
    const char *value = std::getenv(name);
    return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

bool within(const std::map<char *, std::size_t> &pieces, const void *from, std::size_t bytes) {
    char *first = static_cast<char *>(const_cast<void *>(from));
    auto after = pieces.upper_bound(first);
    if (after == pieces.begin()) {
        return false;
    }
    auto piece = std::prev(after);
    return first + bytes <= piece->first + piece->second;
}
} // namespace

std::size_t cuda::total() { return number("STAND_IN_MIB", 12288) << 20; }

bool standInOwns(const void *pointer, std::size_t bytes) {
    LOCKED;
    return within(allocated, pointer, bytes);
}

extern "C" {
int cuMemAlloc_v2(void **pointer, std::size_t bytes) {
    IN_CONTEXT;
    NOT_WHILE_CAPTURING;
    if (bytes == 0) {
        return wrong(__func__, "no bytes");
    }
    if (taken + bytes > total()) {
        return OUT_OF_MEMORY;
    }
    void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return OUT_OF_MEMORY;
    }
    // To write to all of it would take long.
    std::memset(memory, 0xff, std::min(bytes, number("STAND_IN_POISON_MIB", 64) << 20));
    allocated[static_cast<char *>(memory)] = bytes;
    taken += bytes;
    *pointer = memory;
    return SUCCESS;
}

int cuMemFree_v2(void *pointer) {
    IN_CONTEXT;
    NOT_WHILE_CAPTURING;
    flush();
    auto found = allocated.find(static_cast<char *>(pointer));
    if (found == allocated.end()) {
        return wrong(__func__, "no memory of the device");
    }
    taken -= found->second;
    munmap(pointer, found->second);
    allocated.erase(found);
    return SUCCESS;
}

int cuMemAllocHost_v2(void **pointer, std::size_t bytes) {
    IN_CONTEXT;
    *pointer = std::calloc(1, bytes);
    pinned[static_cast<char *>(*pointer)] = bytes;
    return SUCCESS;
}

int cuMemFreeHost(void *pointer) {
    IN_CONTEXT;
    flush();
    pinned.erase(static_cast<char *>(pointer));
    std::free(pointer);
    return SUCCESS;
}

int cuMemHostRegister_v2(void *pointer, std::size_t bytes, unsigned) {
    IN_CONTEXT;
    if (within(pinned, pointer, 1)) {
        return ALREADY_REGISTERED;
    }
    pinned[static_cast<char *>(pointer)] = bytes;
    return SUCCESS;
}

int cuMemHostUnregister(void *pointer) {
    IN_CONTEXT;
    flush();
    return pinned.erase(static_cast<char *>(pointer)) ? SUCCESS : NOT_REGISTERED;
}

int cuMemcpyHtoDAsync_v2(void *to, const void *from, std::size_t bytes, void *queue) {
    IN_CONTEXT;
    if (!within(allocated, to, bytes)) {
        return wrong(__func__, "not into memory of the device");
    }
    if (within(pinned, from, bytes)) {
        return tell(static_cast<Stream *>(queue), [=] { std::memcpy(to, from, bytes); });
    }
    if (isCapturing(static_cast<Stream *>(queue))) {
        return wrong(__func__, "captured, of memory that is not pinned", CAPTURE_UNSUPPORTED);
    }
    auto staged = std::make_shared<std::vector<char>>(bytes);
    std::memcpy(staged->data(), from, bytes);
    return tell(static_cast<Stream *>(queue), [=] { std::memcpy(to, staged->data(), bytes); });
}

int cuMemcpyDtoHAsync_v2(void *to, const void *from, std::size_t bytes, void *queue) {
    IN_CONTEXT;
    if (!within(allocated, from, bytes)) {
        return wrong(__func__, "not from memory of the device");
    }
    if (isCapturing(static_cast<Stream *>(queue)) && !within(pinned, to, bytes)) {
        return wrong(__func__, "captured, into memory that is not pinned", CAPTURE_UNSUPPORTED);
    }
    return tell(static_cast<Stream *>(queue), [=] { std::memcpy(to, from, bytes); });
}

int cuMemcpyDtoD_v2(void *to, const void *from, std::size_t bytes) {
    IN_CONTEXT;
    NOT_WHILE_CAPTURING;
    if (!within(allocated, from, bytes) || !within(allocated, to, bytes)) {
        return wrong(__func__, "not within memory of the device");
    }
    return tell(nullptr, [=] { std::memmove(to, from, bytes); });
}

int cuMemsetD8_v2(void *to, unsigned char value, std::size_t count) {
    IN_CONTEXT;
    NOT_WHILE_CAPTURING;
    if (!within(allocated, to, count)) {
        return wrong(__func__, "not within memory of the device");
    }
    return tell(nullptr, [=] { std::memset(to, value, count); });
}

int cuMemsetD32Async(void *to, unsigned value, std::size_t count, void *queue) {
    IN_CONTEXT;
    if (!within(allocated, to, 4 * count)) {
        return wrong(__func__, "not within memory of the device");
    }
    return tell(static_cast<Stream *>(queue), [=] { std::fill_n(static_cast<unsigned *>(to), count, value); });
}
}
