#!/usr/bin/env bash
# The whole check of a machine with a GPU, in one command: see docs/gpu.md.
#   tests/gpu-check.sh                         tests and benchmark of Unmask
#   TORCH_BENCH=torch_mdm.py tests/gpu-check.sh  also that script's "bench --device cuda", if Python has PyTorch
#   BACKEND_DEVICE=0:1                         another device of TornadoVM than its first
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sdk=${TORNADOVM_HOME:-$HOME/.sdkman/candidates/tornadovm/current}
if [ ! -r "$sdk/tornado-argfile" ]; then
    printf 'gpu-check: no TornadoVM SDK in %s: sdk install tornadovm, or set TORNADOVM_HOME\n' "$sdk" >&2
    exit 2
fi

printf '== Devices\n'
if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
fi
./unmask backends

printf '\n== Tests of backends\n'
mvn -B -ntp -pl tests -am verify -Dsurefire.failIfNoSpecifiedTests=false \
    -Dtest='KernelTest,GradientTest,LossCurveTest,ProgramTest,GoldenParityTest,SamplingParityTest'

printf '\n== Unmask\n'
./unmask bench --backend tornado ${BACKEND_DEVICE:+--device "$BACKEND_DEVICE"}

printf '\n== PyTorch\n'
if [ -z "${TORCH_BENCH:-}" ]; then
    printf 'TORCH_BENCH does not name a script; left out.\n'
elif ! python3 -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    printf 'Python has no PyTorch with CUDA; left out.\n'
else
    python3 "$TORCH_BENCH" bench --device cuda
fi
