#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Everything about the CUDA kernels that takes a GPU, in one call of less than ten minutes: build, tests, measurements, self-checks, and
# compute-sanitizer where it is installed. Each step has a time limit of its own and none stops the next one; what would begin after
# nine minutes is left out.
# usage: tests/gpu/run.sh [REPORT [LIBTORCH]]
#   REPORT    folder for report.md and what each step printed (build/gpu-check/report)
#   LIBTORCH  folder with include/ and lib/ of LibTorch, for gpu_torch_check
# Without nvcc or CMake the programs in build/gpu-check/bin are run as they are. Status 0: everything that ran passed.
cd "$(dirname "$0")/../.." || exit 1
report=${1:-build/gpu-check/report}
libtorch=${2:-}
programs=build/gpu-check/bin
mkdir -p "$report" || exit 1
table=$report/report.md
failed=0
start=$(date +%s)

say() {
    echo "$*" | tee -a "$table"
}

# step NAME SECONDS COMMAND...: a line of the table, what it prints in NAME.txt
step() {
    name=$1 limit=$2
    shift 2
    began=$(date +%s)
    left=$((start + 540 - began))
    if [ $left -lt 5 ]; then
        say "| $name | | left out, no time |"
        return 1
    fi
    [ "$limit" -le $left ] || limit=$left
    timeout -k 5 "$limit" "$@" >"$report/$name.txt" 2>&1
    status=$?
    case $status in
        0) result=passed ;;
        124 | 137) result="FAILED, longer than $limit s" ;;
        *) result="FAILED, status $status: $(grep -v ^Aborted "$report/$name.txt" | tail -n 1 | tr '|' '/' | cut -c 1-200)" ;;
    esac
    [ $status -eq 0 ] || failed=1
    say "| $name | $(($(date +%s) - began)) s | $result |"
    return $status
}

: >"$table"
{
    nvidia-smi
    nvidia-smi --query-gpu=name,driver_version,compute_cap,memory.total,clocks.max.sm --format=csv
    nvcc --version
    cmake --version
} >"$report/machine.txt" 2>&1
say "# CUDA kernels on $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2>/dev/null | head -n 1)"
say ""
say "| step | time | result |"
say "|---|---|---|"

PATH=$PATH:/usr/local/cuda/bin
if command -v nvcc >/dev/null && command -v cmake >/dev/null; then
    architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | head -n 1 | tr -d .)
    [ "$architecture" = 90 ] && architecture=90a
    step configure 60 cmake --preset gpu-check -DRANKSCOPE_CUDA_ARCHITECTURES="${architecture:-90a}" -DRANKSCOPE_LIBTORCH="$libtorch" &&
        step build 240 cmake --build --preset gpu-check --parallel "$(nproc)"
fi

# One process each: after an illegal address nothing else runs in a process. What everything rests on first.
for test in $("$programs/gpu_tests" --list | sed -n '/^TensorCores/p') $("$programs/gpu_tests" --list | sed '/^TensorCores/d'); do
    step "$test" 60 "$programs/gpu_tests" "$test"
done
step benchmark 150 "$programs/gpu_benchmark" 60
# Built elsewhere it knows LibTorch's folder there.
[ -n "$libtorch" ] && export LD_LIBRARY_PATH="$libtorch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
[ -x "$programs/gpu_torch_check" ] && step torch_check 150 "$programs/gpu_torch_check" 5

if command -v compute-sanitizer >/dev/null; then
    for tool in memcheck racecheck synccheck; do
        for test in TensorCores DeviceDeltaRule.SplitsALong DeviceDeltaRuleBackward.SumsTheValue DeviceStateNorms.FollowSequences \
            DeviceSingularValues.WorkOutside DeviceRmsNorm.IsTheFormula DeviceShortConv.IsTheFormula DeviceRmsNormGradient.IsTheFormula \
            DeviceShortConvGradient.IsTheFormula; do
            step "$tool-$test" 30 compute-sanitizer --tool $tool --error-exitcode 1 "$programs/gpu_tests" "$test"
        done
    done
else
    say "| compute-sanitizer | | not installed |"
fi

say ""
for name in benchmark torch_check; do
    if [ -f "$report/$name.txt" ]; then
        tee -a "$table" <"$report/$name.txt"
        say ""
    fi
done
exit $failed
