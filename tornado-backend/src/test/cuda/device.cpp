// The device and its context.
#include <cstdio>
#include <map>

#include "driver.h"

using namespace cuda;

thread_local Context *cuda::current = nullptr;

bool standInHasContext() { return current != nullptr; }

extern "C" {
int cuInit(unsigned) { return SUCCESS; }

int cuDriverGetVersion(int *version) {
    *version = 13000;
    return SUCCESS;
}

int cuGetErrorName(int, const char **name) {
    *name = "CUDA_ERROR";
    return SUCCESS;
}

int cuGetErrorString(int, const char **text) {
    *text = "an error of the stand-in for CUDA";
    return SUCCESS;
}

int cuDeviceGetCount(int *count) {
    *count = 1;
    return SUCCESS;
}

int cuDeviceGet(int *device, int ordinal) {
    *device = ordinal;
    return ordinal == 0 ? SUCCESS : INVALID_VALUE;
}

int cuDeviceGetName(char *name, int length, int) {
    std::snprintf(name, length, "stand-in for a GPU");
    return SUCCESS;
}

int cuDeviceTotalMem_v2(std::size_t *bytes, int) {
    *bytes = total();
    return SUCCESS;
}

int cuDeviceGetAttribute(int *value, int attribute, int) {
    static const std::map<int, int> ATTRIBUTES = {
        {1, 1024},         // threads of a block
        {2, 1024},         // threads of a block, in x
        {3, 1024},         // in y
        {4, 64},           // in z
        {8, STATIC_SHARED},// shared memory of a block
        {9, 64 << 10},     // constant memory
        {10, 32},          // threads of a warp
        {13, 1980000},     // kHz
        {16, 132},         // multiprocessors
        {31, 1},           // kernels at the same time
        {39, 2048},        // threads of a multiprocessor
        {40, 3},           // copies at the same time
        {75, 9},           // compute capability
        {76, 0},
        {81, 228 << 10},   // shared memory of a multiprocessor
        {97, MOST_SHARED}, // shared memory of a block that asks for it
    };
    auto found = ATTRIBUTES.find(attribute);
    *value = found == ATTRIBUTES.end() ? 0 : found->second;
    return SUCCESS;
}

int cuCtxCreate_v4(void **context, void *, unsigned, int) {
    current = new Context();
    *context = current;
    return SUCCESS;
}

int cuCtxDestroy_v2(void *) { return SUCCESS; }

int cuCtxSetCurrent(void *context) {
    current = static_cast<Context *>(context);
    return SUCCESS;
}

int cuCtxGetDevice(int *device) {
    IN_CONTEXT;
    *device = 0;
    return SUCCESS;
}

int cuCtxSynchronize() {
    IN_CONTEXT;
    NOT_WHILE_CAPTURING;
    return flush();
}
}
