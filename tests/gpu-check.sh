#!/usr/bin/env bash
# The whole check of a machine with a GPU, in one command of three parts, each of less than four minutes; docs/gpu.md
# tells more.
#   tests/gpu-check.sh             all parts
#   tests/gpu-check.sh measure     devices, opening, parity, benchmarks of the 34M and 170M presets in every precision,
#                                  PyTorch's benchmark of the same sizes (--torch); what matters most comes first
#   tests/gpu-check.sh large       a step of 170M that takes several arrays, a profile of kernels (where ncu is)
#   tests/gpu-check.sh test        every test of backends
# Options:
#   --torch torch_mdm.py   PyTorch's benchmark, where its Python has CUDA
#   --device tornado:0:1   another device than the one that is taken by itself
#   --python PROGRAM       the Python that has PyTorch. Default: python3
#   --out DIR              where logs and results go. Default: target/gpu-check
#   --size 34M             one size only, of 34M and 170M
#   --seconds 220          how long a part may take; what has no time left is left out, and named at the end
#   --quick                benchmarks of a tiny model, to try this script where there is no GPU
# Results are lines of JSON, added to DIR/results.jsonl; a table of them is printed at the end.
# UNMASK_JAVA_OPTS is taken as it is; without it, TornadoVM may take all of the largest GPU that nvidia-smi names, or
# where it names none 12 GB of the device, or what fits into the host.
# Exits with 0 if all went well, 1 if something failed or had no time (all else runs), 2 if there is nothing to check with.
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
device='' torch='' python=python3 tests=true benchmarks=true large=true quick=false only='' seconds=220
while [ $# -gt 0 ]; do
    case $1 in
        measure) tests=false large=false ;;
        large) tests=false benchmarks=false ;;
        test) benchmarks=false large=false ;;
        --device) device=${2:?--device needs a value}; shift ;;
        --torch) torch=$(absolute "${2:?--torch needs a file}"); shift ;;
        --python) python=${2:?--python needs a program}; shift ;;
        --out) out=$(absolute "${2:?--out needs a folder}"); shift ;;
        --size) only=${2:?--size needs 34M or 170M}; shift ;;
        --seconds) seconds=${2:?--seconds needs a number}; shift ;;
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
    # All of the largest GPU that NVIDIA's driver names, as ./unmask has it; another device may have the host's memory only.
    taken=$(nvidia-smi --query-gpu=memory.total --format=csv,noheader,nounits 2>/dev/null | sort -n | tail -n 1)
    case $taken in
        '' | *[!0-9]*) taken=$(awk '/^MemTotal:/ { mib = int($2 / 1024) * 2 / 5; print int(mib < 12288 ? mib : 12288) }' /proc/meminfo) ;;
    esac
    export UNMASK_JAVA_OPTS="-Dtornado.device.memory=${taken}MB -XX:MaxDirectMemorySize=$((taken * 3 / 2))m"
fi

failed=() left_out=() deadline=0
# A CPU takes longer.
patience=1
if $quick; then
    patience=10
fi

# Begins a part.
part() {
    printf '\n== %s\n' "$1"
    deadline=$((SECONDS + seconds * patience))
}

# Runs a command for so many seconds at most, and no longer than its part may take.
#   limited SECONDS COMMAND...     exits with 124 or 137 if it was ended, 125 if there was no time to begin
limited() {
    local most=$(($1 * patience)) left=$((deadline - SECONDS))
    shift
    if [ "$left" -lt 5 ]; then
        return 125
    fi
    timeout -k 5 "$((most < left ? most : left))" "$@"
}

# Notes how something of the check ended.
#   ended STATUS NAME
ended() {
    case $1 in
        0) ;;
        124 | 137) failed+=("$2: was ended, as its time was up") ;;
        125) left_out+=("$2") ;;
        *) failed+=("$2: exit code $1") ;;
    esac
}

# Runs tests of a bundle, in the folder where Maven runs them, as they look for files there. Each test is told of when it
# ends, so that it is known what a run that was ended came to.
junit() (
    cd tests || exit 1
    export UNMASK_JAVA_OPTS="$UNMASK_JAVA_OPTS -Dunmask.tests.device=$device"
    limited "$seconds" ../run org.junit.platform.console.ConsoleLauncher execute --disable-banner \
        --disable-ansi-colors --details=testfeed "$@"
)

# Runs tests on the device. Maven runs them on the CPU backend alone before.
#   run_tests CLASS...   classes of dev.unmask.tests, without Test at their end
run_tests() {
    local each chosen_classes=()
    for each in "$@"; do
        if $bundled; then
            chosen_classes+=("--select-class=dev.unmask.tests.${each}Test")
        else
            chosen_classes+=("${each}Test")
        fi
    done
    if $bundled; then
        junit "${chosen_classes[@]}"
    else
        # As long as it takes: without a bundle there is a machine of one's own.
        mvn -B -ntp -pl tests,tornado-backend -am verify -Dsurefire.failIfNoSpecifiedTests=false \
            -Dunmask.tests.device="$device" -Dtest="$(IFS=,; printf '%s' "${chosen_classes[*]}")"
    fi
}

# Every test of backends that needs a device, in four processes at once, as many of them wait for the CPU.
all_tests() {
    local groups=(
        Kernel
        'LossCurve LossParts Program DryRun TaskGraphs'
        'GoldenParity SamplingParity MaskedSampler ModelFiles'
        'AutoregressiveSampler Likelihood FillIn Transfers'
    )
    local pids=() group i
    if ! $bundled; then
        # Maven builds in one tree, so one after the other.
        for group in "${groups[@]}"; do
            # shellcheck disable=SC2086 # names of classes
            run_tests $group >"$out/tests.log" 2>&1
            ended $? "tests: $group"
            grep -E 'ERROR|FAIL|Tests run: [0-9]+' "$out/tests.log" | tail -40
        done
        return
    fi
    for i in "${!groups[@]}"; do
        # shellcheck disable=SC2086 # names of classes
        run_tests ${groups[i]} >"$out/tests-$i.log" 2>&1 &
        pids+=($!)
    done
    for i in "${!pids[@]}"; do
        wait "${pids[i]}"
        ended $? "tests: ${groups[i]}"
        printf '%6d passed, %d failed, %d left out: %s\n' "$(grep -c ' :: SUCCESSFUL$' "$out/tests-$i.log")" \
            "$(grep -c ' :: FAILED$' "$out/tests-$i.log")" "$(grep -c ' :: SKIPPED$' "$out/tests-$i.log")" "${groups[i]}"
        grep -A 3 ' :: FAILED$' "$out/tests-$i.log" | head -40
    done
}

touch "$out/results.jsonl"
first_result=$(($(wc -l <"$out/results.jsonl") + 1))
chosen=(--backend tornado)
if [ -n "$device" ]; then
    chosen+=(--device "$device")
fi

# Adds lines of JSON to the results, with a size and who measured.
labelled() {
    sed -n "s/^{/{\"size\":\"$1\",\"by\":\"$2\",/p" | tee -a "$out/results.jsonl"
}

# Runs a benchmark.
#   bench SIZE SECONDS PRECISION OPTION...     with the modes among the options
bench() {
    local size=$1 most=$2 precision=$3
    shift 3
    limited "$most" ./unmask bench --precision "$precision" "$@" "${chosen[@]}" | labelled "$size" unmask
    ended "${PIPESTATUS[0]}" "bench $size $precision"
}

# The same step in PyTorch.
bench_torch() {
    local size=$1 precision=$2 torch_precision
    shift 2
    case $precision in
        f32) torch_precision=(--dtype f32) ;;
        tf32) torch_precision=(--dtype f32 --tf32) ;;
        *) torch_precision=(--dtype bf16 --tf32) ;;
    esac
    limited 40 "$python" "$torch" bench --device cuda --mode train "${torch_precision[@]}" "$@" |
        sed "s/\"dtype\": \"[a-z0-9]*\"/\"dtype\":\"$precision\"/" | labelled "$size" torch
    ended "${PIPESTATUS[0]}" "PyTorch $size $precision"
}

# Name, layers, heads, width, hidden width, vocabulary, batch, length.
sizes=('34M 8 8 512 2048 32000 8 256' '170M 18 12 768 3072 32000 8 1024')
several='170M 18 12 768 3072 32000 32 1024'
runs=(--runs 7 --warmup 3)
few=(--runs 3 --warmup 1)
torch_runs=(--runs 5 --warmup 2)
if $quick; then
    sizes=('tiny 2 4 64 256 512 2 32')
    several=${sizes[0]}
    few=(--runs 2 --warmup 1)
    runs=("${few[@]}" --steps 4 --prompt 4)
    torch_runs=("${runs[@]}")
fi
has_torch=false
if [ -n "$torch" ] && "$python" -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    has_torch=true
fi

# Sets what a size is called, and its options.
chosen_size() {
    local layers heads width ffn vocab batch length
    read -r name layers heads width ffn vocab batch length <<<"$1"
    rows="$batch × $length"
    shape=(--layers "$layers" --heads "$heads" --width "$width" --ffn "$ffn" --vocab "$vocab"
        --batch "$batch" --length "$length")
}

measure() {
    local precision size begun=$SECONDS golden=tests/src/test/resources/golden/mdm-tiny
    printf '== The start of the JVM, the opening of the device with its self-test, and two steps\n'
    bench smallest 90 tf32 train --layers 1 --heads 2 --width 64 --ffn 64 --vocab 64 --batch 1 --length 64 --runs 1 --warmup 1
    printf '{"mode":"open","seconds":%d}\n' "$((SECONDS - begun))" | labelled smallest unmask
    printf '\n== Parity with PyTorch in %s (%s)\n' "$golden" "$out/parity.log"
    limited 60 ./unmask parity "$golden" "${chosen[@]}" >"$out/parity.log" 2>&1
    ended $? "parity $golden"
    tail -n 1 "$out/parity.log"
    for precision in bf16 tf32 f32; do
        for size in "${sizes[@]}"; do
            chosen_size "$size"
            if [ -n "$only" ] && [ "$only" != "$name" ]; then
                continue
            fi
            printf '\n== %s, %s, %s\n' "$name" "$rows" "$precision"
            bench "$name" 60 "$precision" train forward sample gemm attention "${shape[@]}" "${runs[@]}"
            if $has_torch; then
                bench_torch "$name" "$precision" "${shape[@]}" "${torch_runs[@]}"
            fi
        done
    done
}

# Steps that take more than one array on the device, then kernels one by one, as ncu sees no parts of a CUDA graph; the
# last of them are those of a step.
measure_large() {
    chosen_size "$several"
    printf '== %s, %s, bf16\n' "$name" "$rows"
    local options=$UNMASK_JAVA_OPTS
    if $quick; then
        UNMASK_JAVA_OPTS="$options -Dunmask.tornado.banks=3"
    fi
    bench "$name, several arrays" 120 bf16 train "${shape[@]}" "${few[@]}"
    UNMASK_JAVA_OPTS=$options
    if ! command -v ncu >/dev/null; then
        printf 'no profile of kernels: there is no ncu\n'
        return
    fi
    chosen_size "${sizes[0]}"
    printf '\n== %s: times of kernels in training, in microseconds (%s)\n' "$name" "$out/profile.csv"
    UNMASK_JAVA_OPTS="$options -Dunmask.tornado.cudagraphs=false" limited 120 ncu --metrics gpu__time_duration.sum \
        --clock-control none --target-processes all --launch-skip 4500 --launch-count 900 --csv ./unmask bench train \
        --precision tf32 "${shape[@]}" --runs 5 --warmup 5 "${chosen[@]}" >"$out/profile.csv" 2>&1
    ended $? "profile of $name"
    awk -F '","' '/^"[0-9]+"/ { name = $5; sub(/\(.*/, "", name); t = $NF; gsub(/[",]/, "", t)
        if ($(NF - 1) == "ns") t /= 1000
        sum[name] += t; n[name]++ } END { for (k in sum) printf "%10.1f %5d %s\n", sum[k], n[k], substr(k, 1, 70) }' \
        "$out/profile.csv" | sort -rn | head -20
}

part Devices
if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
fi
limited 90 ./unmask backends 2>&1 | tee "$out/devices.log"
ended "${PIPESTATUS[0]}" devices

if $benchmarks; then
    part 'Measures'
    measure
fi
if $large; then
    part 'Several arrays'
    measure_large
fi
if $tests; then
    part "Tests: kernels one by one, programs, 200 training steps, samplers, likelihoods ($out/tests*.log)"
    all_tests
fi

table() {
    printf '\n== Tokens a second\n'
    if [ -z "$torch" ]; then
        printf 'PyTorch left out: pass --torch torch_mdm.py\n'
    elif ! $has_torch; then
        printf 'PyTorch left out: %s has no PyTorch with CUDA\n' "$python"
    fi
    # The value of a key in a line of JSON without nesting.
    awk '
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
            if (value("by") == "unmask") { ours[row] = value("tokens_per_s"); order[++n] = row }
            else theirs[row] = value("tokens_per_s")
        }
        END {
            printf "%-6s %-8s %-5s %12s %12s %8s\n", "size", "mode", "dtype", "unmask", "torch", "ratio"
            for (i = 1; i <= n; i++) {
                r = order[i]
                printf "%s %12s %12s %8s\n", r, ours[r], theirs[r] == "" ? "-" : theirs[r],
                    theirs[r] == "" ? "-" : sprintf("%.2f", ours[r] / theirs[r])
            }
        }' < <(tail -n "+$first_result" "$out/results.jsonl")
}

if $benchmarks || $large; then
    table
fi
if [ ${#failed[@]} -gt 0 ]; then
    printf '\ngpu-check: failed:\n'
    printf '  %s\n' "${failed[@]}"
fi
if [ ${#left_out[@]} -gt 0 ]; then
    printf '\ngpu-check: left out, as its part had no time left (--seconds):\n'
    printf '  %s\n' "${left_out[@]}"
fi
if [ ${#failed[@]} -gt 0 ] || [ ${#left_out[@]} -gt 0 ]; then
    exit 1
fi
printf '\ngpu-check: all went well; results are in %s\n' "$out"
