// Modules, which are libraries that the stand-in for NVRTC has made, and launches of their kernels.
#include <cstring>
#include <dlfcn.h>
#include <map>
#include <string>

#include "driver.h"
#include "lanes.h"

using namespace cuda;

namespace {
struct Function {
    std::function<void()> (*bind)(void **);
    bool waits;
    int mostShared = STATIC_SHARED;
};

struct Module {
    void *library;
    std::map<std::string, std::unique_ptr<Function>> functions;
};
} // namespace

extern "C" {
int cuModuleLoadData(void **module, const void *image) {
    IN_CONTEXT;
    NOT_WHILE_CAPTURING;
    const char *text = static_cast<const char *>(image);
    if (std::strncmp(text, STAND_IN_IMAGE, sizeof STAND_IN_IMAGE - 1) != 0) {
        return INVALID_IMAGE;
    }
    void *library = dlopen(text + sizeof STAND_IN_IMAGE - 1, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        return wrong(__func__, dlerror(), INVALID_IMAGE);
    }
    *module = new Module{library, {}};
    return SUCCESS;
}

int cuModuleLoadDataEx(void **module, const void *image, unsigned, int *, void **) {
    return cuModuleLoadData(module, image);
}

int cuModuleUnload(void *) { return SUCCESS; }

int cuModuleGetFunction(void **function, void *module, const char *name) {
    IN_CONTEXT;
    Module *loaded = static_cast<Module *>(module);
    auto &known = loaded->functions[name];
    if (!known) {
        void *bind = dlsym(loaded->library, (STAND_IN_BIND + std::string(name)).c_str());
        if (!bind) {
            return NOT_FOUND;
        }
        known = std::make_unique<Function>();
        known->bind = reinterpret_cast<std::function<void()> (*)(void **)>(bind);
        known->waits = *static_cast<const bool *>(dlsym(loaded->library, STAND_IN_WAITS));
    }
    *function = known.get();
    return SUCCESS;
}

int cuFuncSetAttribute(void *function, int attribute, int value) {
    IN_CONTEXT;
    if (attribute != 8 || value < 0 || value > MOST_SHARED) {
        return wrong(__func__, "more shared memory than a block can have");
    }
    static_cast<Function *>(function)->mostShared = value;
    return SUCCESS;
}

int cuOccupancyMaxPotentialBlockSize(int *grid, int *block, void *, void *, std::size_t, int) {
    *grid = 132;
    *block = 1024;
    return SUCCESS;
}

int cuLaunchKernel(
    void *function,
    unsigned gridX,
    unsigned gridY,
    unsigned gridZ,
    unsigned blockX,
    unsigned blockY,
    unsigned blockZ,
    unsigned sharedBytes,
    void *queue,
    void **arguments,
    void **extra) {
    IN_CONTEXT;
    Function *called = static_cast<Function *>(function);
    if (extra) {
        return wrong(__func__, "extra arguments");
    }
    if (gridX == 0 || gridX > 0x7fffffff || gridY == 0 || gridY > 65535 || gridZ == 0 || gridZ > 65535) {
        return wrong(__func__, "a grid that no device can run");
    }
    long threads = static_cast<long>(blockX) * blockY * blockZ;
    if (threads == 0 || threads > 1024 || blockZ > 64) {
        return wrong(__func__, "a block that no device can run");
    }
    if (static_cast<int>(sharedBytes) > called->mostShared) {
        return wrong(__func__, "more shared memory than the kernel may have");
    }
    StandInGrid grid = {{gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes};
    std::function<void()> bound = called->bind(arguments);
    bool waits = called->waits;
    return tell(static_cast<Stream *>(queue), [=] { standInRun(bound, grid, waits); });
}
}
