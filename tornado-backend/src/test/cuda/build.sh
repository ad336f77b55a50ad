#!/usr/bin/env bash
# Builds what stands in for NVIDIA's driver, NVRTC and cuBLAS on a CPU, so that TornadoVM's CUDA driver runs where there
# is no GPU; docs/gpu.md tells more.
#   build.sh DIR     then: LD_LIBRARY_PATH=DIR TORNADOVM_HOME=an SDK with the CUDA driver ./unmask backends
set -euo pipefail
out=$(realpath -m "${1:?the folder where the libraries go}")
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p "$out"
made=("${CXX:-g++}" -std=c++20 -O3 -march=native -fPIC -shared -Wall -Wextra -Werror)
printf 'libnvrtc.so.13 { global: *; };\n' >"$out/nvrtc.map"
"${made[@]}" -o "$out/libcuda.so.1" -Wl,-soname,libcuda.so.1 \
    device.cpp memory.cpp modules.cpp queue.cpp lanes.cpp -ldl -lpthread
"${made[@]}" -o "$out/libcublas.so.13" -Wl,-soname,libcublas.so.13 blas.cpp "$out/libcuda.so.1"
"${made[@]}" -o "$out/libnvrtc.so.13" -Wl,-soname,libnvrtc.so.13 -Wl,--version-script,"$out/nvrtc.map" compiler.cpp
cp kernel.h lanes.h "$out"
# Compiled once, with the options that compiler.cpp uses.
"${CXX:-g++}" -std=c++20 -O2 -march=native -fPIC -w -o "$out/kernel.h.gch" -x c++-header "$out/kernel.h"
