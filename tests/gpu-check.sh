#!/usr/bin/env bash
# The whole check of a machine with a GPU, in one command of two parts, each of some minutes; docs/gpu.md tells more.
#   tests/gpu-check.sh             both parts
#   tests/gpu-check.sh measure     devices, self-test, parity, benchmarks of the 34M and 170M presets in every precision,
#                                  PyTorch's benchmark of the same sizes (--torch), a profile of kernels (where ncu is)
#   tests/gpu-check.sh test        every test of backends
# Options:
#   --torch torch_mdm.py   PyTorch's benchmark, where its Python has CUDA
#   --device tornado:0:1   another device than the one that is taken by itself
#   --python PROGRAM       the Python that has PyTorch. Default: python3
#   --out DIR              where logs and results go. Default: target/gpu-check
#   --size 34M             one size only, of 34M and 170M
#   --quick                benchmarks of a tiny model, to try this script where there is no GPU
# Results are lines of JSON in DIR/results.jsonl; a table of them is printed at the end.
# UNMASK_JAVA_OPTS is taken as it is; without it, TornadoVM may take all of the largest GPU that nvidia-smi names, or
# where it names none 12 GB of the device, or what fits into the host.
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
        measure) tests=false ;;
        test) benchmarks=false ;;
        --device) device=${2:?--device needs a value}; shift ;;
        --torch) torch=$(absolute "${2:?--torch needs a file}"); shift ;;
        --python) python=${2:?--python needs a program}; shift ;;
        --out) out=$(absolute "${2:?--out needs a folder}"); shift ;;
        --size) only=${2:?--size needs 34M or 170M}; shift ;;
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

failed=()
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

# Every test of backends, in four processes at once, as many of them wait for the CPU. TornadoVM compiles no kernel where
# a class stands in for its KernelContext, so that the plain ones get a JVM of their own, as Maven gives each module.
all_tests() {
    local groups=(
        plain
        'Kernel Transfers'
        'LossCurve LossParts Program DryRun TaskGraphs'
        'GoldenParity SamplingParity MaskedSampler AutoregressiveSampler Likelihood FillIn ModelFiles'
    )
    local pids=() group status=0 i
    if ! $bundled; then
        # Maven builds in one tree, so one after the other.
        for group in "${groups[@]}"; do
            # shellcheck disable=SC2086 # names of classes
            run_tests '' $group || status=1
        done
        return "$status"
    fi
    for i in "${!groups[@]}"; do
        # shellcheck disable=SC2086 # names of classes
        run_tests '' ${groups[i]} >"$out/tests-$i.log" 2>&1 &
        pids+=($!)
    done
    for i in "${!pids[@]}"; do
        if ! wait "${pids[i]}"; then
            printf 'failed: %s\n' "${groups[i]}"
            status=1
        fi
        cat "$out/tests-$i.log"
    done
    return "$status"
}

: >"$out/results.jsonl"
chosen=(--backend tornado)
if [ -n "$device" ]; then
    chosen+=(--device "$device")
fi

# Adds lines of JSON to the results, with a size and who measured.
labelled() {
    sed -n "s/^{/{\"size\":\"$1\",\"by\":\"$2\",/p" | tee -a "$out/results.jsonl"
}

printf '== Devices\n'
if command -v nvidia-smi >/dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv
fi
./unmask backends | tee "$out/devices.log"
if [ "${PIPESTATUS[0]}" -ne 0 ]; then
    failed+=(devices)
fi

if $benchmarks; then
    printf '\n== Parity with golden files of PyTorch (%s)\n' "$out/parity.log"
    : >"$out/parity.log"
    for golden in tests/src/test/resources/golden/{ar-tiny,mdm-gqa,mdm-tiny}; do
        printf '%s: ' "$(basename "$golden")"
        ./unmask parity "$golden" "${chosen[@]}" 2>&1 | tee -a "$out/parity.log" | tail -n 1
        if [ "${PIPESTATUS[0]}" -ne 0 ]; then
            failed+=("parity $golden")
        fi
    done
fi

if $tests; then
    printf '\n== Tests: kernels one by one, programs, 200 training steps, samplers, likelihoods (%s)\n' "$out/tests.log"
    if all_tests >"$out/tests.log" 2>&1; then
        grep -E 'Tests run: [0-9]+|tests (successful|skipped)' "$out/tests.log"
    else
        failed+=(tests)
        grep -E 'ERROR|FAIL|=>|failed: |Tests run: [0-9]+|tests (successful|failed)' "$out/tests.log" | tail -40
    fi
fi

# Name, layers, heads, width, hidden width, vocabulary, batch, length.
sizes=('34M 8 8 512 2048 32000 8 256' '170M 18 12 768 3072 32000 4 1024')
runs=(--runs 7 --warmup 3)
torch_runs=(--runs 5 --warmup 2)
modes=(train forward sample gemm attention)
if $quick; then
    sizes=('tiny 2 4 64 256 512 2 32')
    runs=(--runs 2 --warmup 1 --steps 4 --prompt 4)
    torch_runs=("${runs[@]}")
fi
if ! $benchmarks; then
    sizes=()
fi
has_torch=false
if [ -n "$torch" ] && "$python" -c 'import torch, sys; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    has_torch=true
fi

for size in "${sizes[@]}"; do
    read -r name layers heads width ffn vocab batch length <<<"$size"
    if [ -n "$only" ] && [ "$only" != "$name" ]; then
        continue
    fi
    shape=(--layers "$layers" --heads "$heads" --width "$width" --ffn "$ffn" --vocab "$vocab"
        --batch "$batch" --length "$length")
    for precision in f32 tf32 bf16; do
        printf '\n== %s, %d × %d, %s\n' "$name" "$batch" "$length" "$precision"
        ./unmask bench "${modes[@]}" --precision "$precision" "${shape[@]}" "${runs[@]}" "${chosen[@]}" |
            labelled "$name" unmask
        if [ "${PIPESTATUS[0]}" -ne 0 ]; then
            failed+=("bench $name $precision")
        fi
        if $has_torch; then
            case $precision in
                f32) torch_precision=(--dtype f32) ;;
                tf32) torch_precision=(--dtype f32 --tf32) ;;
                *) torch_precision=(--dtype bf16 --tf32) ;;
            esac
            "$python" "$torch" bench --device cuda --mode train "${torch_precision[@]}" "${shape[@]}" \
                "${torch_runs[@]}" | sed "s/\"dtype\": \"[a-z0-9]*\"/\"dtype\":\"$precision\"/" | labelled "$name" torch
            if [ "${PIPESTATUS[0]}" -ne 0 ]; then
                failed+=("PyTorch $name $precision")
            fi
        fi
    done
    if [ "$name" = 34M ] && command -v ncu >/dev/null && ! $quick; then
        # Kernels one by one, as ncu sees no parts of a CUDA graph; the last of them are those of a step.
        printf '\n== %s: times of kernels in training, in microseconds (%s)\n' "$name" "$out/profile.csv"
        UNMASK_JAVA_OPTS="$UNMASK_JAVA_OPTS -Dunmask.tornado.cudagraphs=false" ncu --metrics gpu__time_duration.sum \
            --clock-control none --target-processes all --launch-skip 4500 --launch-count 900 --csv ./unmask bench train \
            --precision tf32 "${shape[@]}" --runs 5 --warmup 5 "${chosen[@]}" >"$out/profile.csv" 2>&1
        awk -F '","' '/^"[0-9]+"/ { name = $5; sub(/\(.*/, "", name); t = $NF; gsub(/[",]/, "", t)
            if ($(NF - 1) == "ns") t /= 1000
            sum[name] += t; n[name]++ } END { for (k in sum) printf "%10.1f %5d %s\n", sum[k], n[k], substr(k, 1, 70) }' \
            "$out/profile.csv" | sort -rn | head -20
    fi
done

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
        }' "$out/results.jsonl"
}

if $benchmarks; then
    table
fi
if [ ${#failed[@]} -gt 0 ]; then
    printf '\ngpu-check: failed:\n'
    printf '  %s\n' "${failed[@]}"
    exit 1
fi
printf '\ngpu-check: all went well; results are in %s\n' "$out"
