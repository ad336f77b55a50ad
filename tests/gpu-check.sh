#!/usr/bin/env bash
# The whole check of a machine with a GPU, in one command; docs/gpu.md tells more.
#   tests/gpu-check.sh                        devices, tests, and benchmarks of the 34M and 170M presets
#   tests/gpu-check.sh --torch torch_mdm.py   also PyTorch's benchmark of the same sizes, where its Python has CUDA
# Options:
#   --device tornado:0:1   another device than TornadoVM's first
#   --python PROGRAM       the Python that has PyTorch. Default: python3
#   --out DIR              where logs and results go. Default: target/gpu-check
#   --no-tests             benchmarks only
#   --no-benchmarks        parity and tests only
#   --size 34M             one size only, of 34M and 170M
#   --quick                benchmarks of a tiny model, to try this script where there is no GPU
# UNMASK_JAVA_OPTS is taken as it is; without it, TornadoVM may take 12 GB of the device, or what fits into the host.
# Exits with 0 if all went well, 1 if a part failed (all parts run), 2 if there is nothing to check with.
set -uo pipefail

# Files are named as seen from where this was called.
absolute() {
    case $1 in
        /*) printf '%s\n' "$1" ;;
        *) printf '%s/%s\n' "$PWD" "$1" ;;
    esac
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P) || exit 2
out=$root/target/gpu-check
device='' torch='' python=python3 tests=true benchmarks=true quick=false only=''
while [ $# -gt 0 ]; do
    case $1 in
        --device) device=${2:?--device needs a value}; shift ;;
        --torch) torch=$(absolute "${2:?--torch needs a file}"); shift ;;
        --python) python=${2:?--python needs a program}; shift ;;
        --out) out=$(absolute "${2:?--out needs a folder}"); shift ;;
        --size) only=${2:?--size needs 34M or 170M}; shift ;;
        --no-tests) tests=false ;;
        --no-benchmarks) benchmarks=false ;;
        --quick) quick=true ;;
        *) printf 'gpu-check: unknown option %s\n' "$1" >&2; exit 2 ;;
    esac
    shift
done
cd "$root" || exit 2

# A bundle of tests/gpu-bundle.sh brings its own SDK and the classes of the tests.
bundled=false
if [ -x run ]; then
    bundled=true
fi
sdk=${TORNADOVM_HOME:-$HOME/.sdkman/candidates/tornadovm/current}
if ! $bundled && [ ! -r "$sdk/tornado-argfile" ]; then
    printf 'gpu-check: no TornadoVM SDK in %s: sdk install tornadovm 5.2.0-jdk25-opencl, or set TORNADOVM_HOME\n' "$sdk" >&2
    exit 2
fi
if [ -n "$torch" ] && [ ! -r "$torch" ]; then
    printf 'gpu-check: --torch: %s cannot be read\n' "$torch" >&2
    exit 2
fi
mkdir -p "$out" || exit 2

if [ -z "${UNMASK_JAVA_OPTS:-}" ]; then
    # The host holds an array of the device's size, and at times another of half of it.
    host=$(awk '/^MemTotal:/ { print int($2 / 1048576) }' /proc/meminfo)
    taken=$((host * 2 / 5 < 12 ? host * 2 / 5 : 12))
    export UNMASK_JAVA_OPTS="-Dtornado.device.memory=${taken}GB -XX:MaxDirectMemorySize=$((taken * 3 / 2))g"
fi

failed=()
# Runs a part; the first word is what it is called if it fails.
part() {
    local name=$1
    shift
    if ! "$@"; then
        failed+=("$name")
        printf 'gpu-check: %s failed\n' "$name" >&2
    fi
}

# Runs tests of a bundle, in the folder where Maven runs them, as they look for files there.
junit() (
    cd tests || exit 1
    UNMASK_JAVA_OPTS="$UNMASK_JAVA_OPTS -Dunmask.tests.device=$device $option" exec ../run \
        org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=summary "$@"
)

# Runs tests on the device, with an option of the JVM or none. Maven runs them on the CPU backend alone before.
#   run_tests OPTION CLASS...   classes of dev.unmask.tests, without Test at their end
#   run_tests OPTION plain      what runs the device kernels as plain Java
run_tests() {
    local option=$1 each chosen_classes=()
    shift
    for each in "$@"; do
        case $bundled-$each in
            true-plain) chosen_classes+=(--select-package=dev.unmask.tornado) ;;
            true-*) chosen_classes+=("--select-class=dev.unmask.tests.${each}Test") ;;
            false-plain) chosen_classes+=('dev.unmask.tornado.*Test') ;;
            *) chosen_classes+=("${each}Test") ;;
        esac
    done
    if $bundled; then
        junit "${chosen_classes[@]}"
    else
        mvn -B -ntp -pl tests,tornado-backend -am verify -Dsurefire.failIfNoSpecifiedTests=false \
            -Dunmask.tests.device="$device" ${option:+"$option"} -Dtest="$(IFS=,; printf '%s' "${chosen_classes[*]}")"
    fi
}

# Every test of backends, in a log. TornadoVM compiles no kernel where a class stands in for its KernelContext, so that
# the plain ones get a JVM of their own, as Maven gives each module.
all_tests() {
    local classes=(Kernel Program LossParts LossCurve DryRun GoldenParity SamplingParity MaskedSampler
        AutoregressiveSampler Likelihood FillIn ModelFiles Transfers TaskGraphs) status=0
    if $bundled; then
        run_tests '' plain || status=1
        run_tests '' "${classes[@]}" || status=1
    else
        run_tests '' plain "${classes[@]}" || status=1
    fi
    if $has_cuda_graphs; then
        run_tests -Dunmask.tornado.cudagraphs=true TaskGraphs || status=1
    fi
    return "$status"
}

# Runs ./unmask bench with more options of the JVM, the first word.
bench() {
    UNMASK_JAVA_OPTS="$UNMASK_JAVA_OPTS $1" ./unmask bench "${@:2}"
}

printf '== Devices\n'
if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
fi
./unmask backends | tee "$out/devices.log"
if [ "${PIPESTATUS[0]}" -ne 0 ]; then
    failed+=(devices)
fi
has_cuda_graphs=false
if grep -E "${device:-tornado:0:0} .*, (CUDA|PTX)," "$out/devices.log" >/dev/null; then
    has_cuda_graphs=true
fi
chosen=(--backend tornado)
if [ -n "$device" ]; then
    chosen+=(--device "$device")
fi

printf '\n== Parity with golden files of PyTorch (%s)\n' "$out/parity.log"
: >"$out/parity.log"
for golden in tests/src/test/resources/golden/*/; do
    printf '%s: ' "$(basename "$golden")"
    ./unmask parity "$golden" "${chosen[@]}" 2>&1 | tee -a "$out/parity.log" | tail -n 1
    if [ "${PIPESTATUS[0]}" -ne 0 ]; then
        failed+=("parity $golden")
    fi
done

if $tests; then
    printf '\n== Tests: kernels one by one, programs, 200 training steps, samplers, likelihoods (%s)\n' "$out/tests.log"
    if all_tests >"$out/tests.log" 2>&1; then
        grep -E 'Tests run: [0-9]+|tests (successful|skipped)' "$out/tests.log"
    else
        failed+=(tests)
        grep -E 'ERROR|FAIL|=>|Tests run: [0-9]+|tests (successful|failed)' "$out/tests.log" | tail -40
    fi
fi

# Name, layers, heads, width, hidden width, vocabulary, batch, length, and options of both benchmarks.
sizes=('34M 8 8 512 2048 32000 8 256' '170M 18 12 768 3072 32000 8 256')
runs=(--runs 7 --warmup 3)
if $quick; then
    sizes=('tiny 2 4 64 256 512 2 32')
    runs=(--runs 2 --warmup 1 --steps 4 --prompt 4)
fi
if ! $benchmarks; then
    sizes=()
fi

# Long runs come to task graphs of many kernels after 200 runs of a program, so that benchmarks begin with them.
at_once=-Dunmask.tornado.graphs.after=0
# What they are compared with: a graph for each call and, where the driver has them, CUDA graphs.
graph_options=(-Dunmask.tornado.graphs.after=never)
if $has_cuda_graphs; then
    graph_options+=("$at_once -Dunmask.tornado.cudagraphs=true")
fi

: >"$out/unmask.jsonl"
: >"$out/graphs.jsonl"
: >"$out/torch.jsonl"
has_torch=false
if [ -n "$torch" ] && "$python" -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    has_torch=true
fi

# Adds a size to the lines of a benchmark.
labelled() {
    sed "s/^{/{\"size\":\"$1\",/"
}

table() {
    printf '\n== Tokens a second\n'
    if [ -z "$torch" ]; then
        printf 'PyTorch left out: pass --torch torch_mdm.py\n'
    elif ! $has_torch; then
        printf 'PyTorch left out: %s has no PyTorch with CUDA\n' "$python"
    fi
    # The value of a key in a line of JSON without nesting.
    awk -v own="$out/unmask.jsonl" '
        function value(key,    at, rest) {
            at = index($0, "\"" key "\":")
            if (at == 0) return ""
            rest = substr($0, at + length(key) + 3)
            sub(/^ */, "", rest)
            sub(/[,}].*/, "", rest)
            gsub(/"/, "", rest)
            return rest
        }
        value("tokens_per_s") != "" && value("mode") != "attention" {
            row = sprintf("%-6s %-8s %-5s", value("size"), value("mode"), value("dtype"))
            if (FILENAME == own) { ours[row] = value("tokens_per_s"); order[++n] = row }
            else theirs[row] = value("tokens_per_s")
        }
        END {
            printf "%-6s %-8s %-5s %12s %12s %8s\n", "size", "mode", "dtype", "unmask", "torch", "ratio"
            for (i = 1; i <= n; i++) {
                r = order[i]
                printf "%s %12s %12s %8s\n", r, ours[r], theirs[r] == "" ? "-" : theirs[r],
                    theirs[r] == "" ? "-" : sprintf("%.2f", ours[r] / theirs[r])
            }
        }' "$out/unmask.jsonl" "$out/torch.jsonl"
}

for size in "${sizes[@]}"; do
    read -r name layers heads width ffn vocab batch length <<<"$size"
    if [ -n "$only" ] && [ "$only" != "$name" ]; then
        continue
    fi
    shape=(--layers "$layers" --heads "$heads" --width "$width" --ffn "$ffn" --vocab "$vocab"
        --batch "$batch" --length "$length")
    printf '\n== %s: memory planned\n' "$name"
    part "plan of $name" ./unmask bench train sample --dry-run "${shape[@]}" "${chosen[@]}"
    for options in "${graph_options[@]}"; do
        printf '\n== %s, f32, with %s\n' "$name" "$options"
        for mode in train sample; do
            bench "$options" "$mode" "${shape[@]}" "${runs[@]}" "${chosen[@]}" |
                labelled "$name" | sed "s/^{/{\"options\":\"$options\",/" | tee -a "$out/graphs.jsonl"
            if [ "${PIPESTATUS[0]}" -ne 0 ]; then
                failed+=("bench $mode $name $options")
            fi
        done
    done
    for precision in f32 bf16; do
        printf '\n== %s, %s\n' "$name" "$precision"
        # One process a case, so that a case that fails takes no other with it.
        for mode in train forward sample gemm attention; do
            bench "$at_once" "$mode" --precision "$precision" "${shape[@]}" "${runs[@]}" "${chosen[@]}" |
                labelled "$name" | tee -a "$out/unmask.jsonl"
            if [ "${PIPESTATUS[0]}" -ne 0 ]; then
                failed+=("bench $mode $name $precision")
            fi
        done
        if $has_torch; then
            for mode in train forward sample; do
                "$python" "$torch" bench --device cuda --mode "$mode" --dtype "$precision" "${shape[@]}" "${runs[@]}" |
                    labelled "$name" | tee -a "$out/torch.jsonl"
                if [ "${PIPESTATUS[0]}" -ne 0 ]; then
                    failed+=("PyTorch $mode $name $precision")
                fi
            done
        fi
    done
done

if $benchmarks; then
    table
fi
if [ ${#failed[@]} -gt 0 ]; then
    printf '\ngpu-check: failed:\n'
    printf '  %s\n' "${failed[@]}"
    exit 1
fi
printf '\ngpu-check: all went well; results are in %s\n' "$out"
