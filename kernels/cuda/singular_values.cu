// SPDX-License-Identifier: Apache-2.0
#include "kernels/cuda/launch.cuh"
#include "kernels/cuda/singular_values.cuh"

#include <algorithm>

namespace rankscope::cuda {
namespace {

using kernels::DeviceLimits;

constexpr std::int64_t kMostRows = 512;
constexpr std::int64_t kBlocksEach = 4;  // matrices a multiprocessor works on at a time when they lie outside shared memory

struct SingularValuesPlan {
    int m, n, pitch;
    std::size_t shared;
    bool outside;
    int blocks;
    std::size_t workspace;
};

SingularValuesPlan plan(const DeviceSingularValuesArgs& a, const DeviceLimits& limits) {
    SingularValuesPlan p{};
    p.m = static_cast<int>(std::max(a.rows, a.columns));
    p.n = static_cast<int>(std::min(a.rows, a.columns));
    p.pitch = p.m | 1;  // odd: a row crosses all banks
    const std::size_t size = a.float64 ? sizeof(double) : sizeof(float);
    const std::size_t scratch = a.float64 ? MatrixScratch<double>::bytes(p.m, p.n) : MatrixScratch<float>::bytes(p.m, p.n);
    const std::size_t matrix = (static_cast<std::size_t>(p.n) * static_cast<std::size_t>(p.pitch) * size + 15) / 16 * 16;
    p.outside = scratch + matrix > limits.shared_bytes;
    p.shared = p.outside ? scratch : scratch + matrix;
    const std::int64_t most = p.outside ? kBlocksEach * limits.multiprocessors : std::int64_t{1} << 30;
    p.blocks = static_cast<int>(std::clamp<std::int64_t>(a.count, 1, std::max<std::int64_t>(1, most)));
    p.workspace =
        p.outside ? static_cast<std::size_t>(p.blocks) * static_cast<std::size_t>(p.n) * static_cast<std::size_t>(p.pitch) * size
                  : 0;
    return p;
}

template <class Real>
const char* launch_for(const SingularValuesPlan& plan, const SingularValuesProblem& p) {
    const simt::Grid grid{plan.blocks, 1, 1};
    if (p.m <= 128) return launch(&singular_values_kernel<4, Real>, grid, kMatrixThreads, plan.shared, p.a.stream, p);
    if (p.m <= 256) return launch(&singular_values_kernel<8, Real>, grid, kMatrixThreads, plan.shared, p.a.stream, p);
    return launch(&singular_values_kernel<16, Real>, grid, kMatrixThreads, plan.shared, p.a.stream, p);
}

}  // namespace
}  // namespace rankscope::cuda

namespace rankscope::kernels {

bool device_singular_values_supports(const DeviceSingularValuesArgs& args, const DeviceLimits& limits) noexcept {
    return limits.compute_capability >= 80 && args.count >= 0 && args.rows >= 1 && args.columns >= 1
           && args.rows <= cuda::kMostRows && args.columns <= cuda::kMostRows
           && cuda::plan(args, limits).shared <= limits.shared_bytes;
}

std::size_t device_singular_values_workspace(const DeviceSingularValuesArgs& args, const DeviceLimits& limits) noexcept {
    return cuda::plan(args, limits).workspace;
}

std::string device_singular_values(const DeviceSingularValuesArgs& args, const DeviceLimits& limits, void* workspace) {
    if (args.count == 0) return {};
    const cuda::SingularValuesPlan plan = cuda::plan(args, limits);
    cuda::SingularValuesProblem p;
    p.a = args;
    p.m = plan.m;
    p.n = plan.n;
    p.pitch = plan.pitch;
    p.matrices = plan.outside ? workspace : nullptr;
    const char* error = args.float64 ? cuda::launch_for<double>(plan, p) : cuda::launch_for<float>(plan, p);
    return error != nullptr ? error : "";
}

}  // namespace rankscope::kernels
