// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/state_kernels.hpp"

#include "core/model/internal/device_call.hpp"
#include "core/model/internal/drawn_numbers.hpp"
#include "core/model/internal/mixer_aten.hpp"
#include "kernels/singular_values.hpp"

#include <ATen/TensorOperators.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace rankscope::internal {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

kernels::DeviceSingularValuesArgs arguments(const at::Tensor& matrices) {
    kernels::DeviceSingularValuesArgs a;
    a.count = matrices.size(0);
    a.rows = matrices.size(1);
    a.columns = matrices.size(2);
    a.matrices = float_pointer(matrices);
    return a;
}

kernels::DeviceStateNormsArgs arguments(const NormsCall& call) {
    kernels::DeviceStateNormsArgs args;
    args.recurrence = recurrence_arguments(call.k, call.v, call.beta, call.g, call.initial, call.positions);
    return args;
}

// Singular values [n, min(rows, columns)] of matrices on the CPU.
std::vector<double> values_on_cpu(const at::Tensor& matrices) {
    const std::int64_t n = matrices.size(0), rows = matrices.size(1), columns = matrices.size(2);
    std::vector<double> out(static_cast<std::size_t>(n * std::min(rows, columns)));
    if (kernels::singular_values({n, rows, columns, matrices.const_data_ptr<float>(), out.data()}) >= 0)
        throw Error(ErrorKind::Internal, "the reference states of a self-check are not finite");
    return out;
}

at::Tensor draw_float32(at::IntArrayRef shape, Random& random, double (*number)(Random&)) {
    return draw(shape, random, number).to(at::kFloat);
}

}  // namespace

SpectraKernel spectra_kernel(const StateKernelFunctions& functions, const kernels::DeviceLimits& limits) {
    SpectraKernel kernel;
    kernel.name = "cuda-singular-values";
    kernel.supports = [functions, limits](std::int64_t rows, std::int64_t columns) {
        kernels::DeviceSingularValuesArgs a;
        a.count = 1;
        a.rows = rows;
        a.columns = columns;
        return functions.spectra_supports(a, limits);
    };
    kernel.run = [functions, limits, name = kernel.name](const at::Tensor& matrices) {
        const at::Device device = matrices.device();
        const c10::DeviceGuard guard(device);
        kernels::DeviceSingularValuesArgs a = arguments(matrices);
        const at::Tensor out = at::empty({a.count, std::min(a.rows, a.columns)}, matrices.options().dtype(at::kDouble));
        a.out = out.data_ptr<double>();
        a.stream = current_stream(device);
        const DeviceWorkspace workspace(functions.spectra_workspace(a, limits), device);
        require_success(functions.spectra_run(a, limits, workspace.data()), name, device);
        return out;
    };
    return kernel;
}

NormsKernel norms_kernel(const StateKernelFunctions& functions, const kernels::DeviceLimits& limits) {
    NormsKernel kernel;
    kernel.name = "cuda-state-norms";
    kernel.supports = [functions, limits](const NormsCall& call) { return functions.norms_supports(arguments(call), limits); };
    kernel.run = [functions, limits, name = kernel.name](const NormsCall& call) {
        const at::Device device = call.k.device();
        const c10::DeviceGuard guard(device);
        kernels::DeviceStateNormsArgs args = arguments(call);
        kernels::DeviceDeltaRuleArgs& a = args.recurrence;
        NormsResult r;
        r.norms = at::empty({a.P, a.B, a.HV, 2}, call.v.options());
        r.final_state = at::empty({a.B, a.HV, a.K, a.V}, call.v.options());
        args.norms = r.norms.data_ptr<float>();
        a.final_state = r.final_state.data_ptr<float>();
        const at::Tensor positions = positions_on(device, call.positions);
        a.positions = positions.const_data_ptr<std::int64_t>();
        a.stream = current_stream(device);
        const DeviceWorkspace workspace(functions.norms_workspace(args, limits), device);
        require_success(functions.norms_run(args, limits, workspace.data()), name, device);
        return r;
    };
    return kernel;
}

double disagreement(const SpectraKernel& kernel, const at::Device& device, std::int64_t rows, std::int64_t columns) {
    constexpr std::int64_t kFinite = 5;
    const c10::InferenceMode guard;
    Random random(static_cast<std::uint64_t>(rows * 1000 + columns), 0x51d);
    at::Tensor matrices = draw_float32({kFinite + 1, rows, columns}, random, &normal);
    const std::int64_t size = rows * columns, filled_rows = (rows + 1) / 2;
    float* data = matrices.data_ptr<float>();
    for (std::int64_t i = 0; i < size; ++i) {
        data[size + i] *= static_cast<float>(std::pow(10.0, -8.0 * static_cast<double>(i % columns) / static_cast<double>(columns)));
        data[2 * size + i] *= 1e-30F;
        if (i / columns >= filled_rows) data[3 * size + i] = 0;
        data[4 * size + i] = 0;
    }
    data[5 * size + size / 2] = std::numeric_limits<float>::quiet_NaN();
    const std::vector<double> want = values_on_cpu(matrices.narrow(0, 0, kFinite).contiguous());
    const at::Tensor got = kernel.run(matrices.to(device)).to(at::kCPU, at::kDouble).contiguous();
    const double* found = got.const_data_ptr<double>();
    const std::int64_t side = std::min(rows, columns);
    double error = 0;
    for (std::int64_t m = 0; m < kFinite; ++m) {
        const double largest = want[static_cast<std::size_t>(m * side)];
        for (std::int64_t i = m * side; i < (m + 1) * side; ++i) {
            const double w = want[static_cast<std::size_t>(i)];
            if (w == 0 && found[i] != 0) return kInfinite;  // a rank that is lower than it seems
            if (w == found[i]) continue;
            const double here = std::abs(found[i] - w) / largest;
            error = std::isfinite(here) ? std::max(error, here) : kInfinite;
        }
    }
    for (std::int64_t i = kFinite * side; i < (kFinite + 1) * side; ++i) {
        if (!std::isnan(found[i])) return kInfinite;
    }
    return error;
}

namespace {

// With `HV` value heads of one key head.
double disagreement_at(const NormsKernel& kernel, const NormsCall& like, std::int64_t HV) {
    constexpr std::int64_t T = 40;
    const std::int64_t K = like.k.size(3), V = like.v.size(3);
    Random random(static_cast<std::uint64_t>(K * 1000 + V * 10 + HV), 0x9035);
    at::Tensor k = draw_float32({1, T, 1, K}, random, &normal);
    k = (k.to(at::kDouble) / k.to(at::kDouble).norm(2, -1, true)).to(at::kFloat);
    const at::Tensor v = draw_float32({1, T, HV, V}, random, &normal),
                     beta = draw_float32({1, T, HV}, random, [](Random& r) { return 1.9 * r.uniform(); }),
                     initial = draw_float32({1, HV, K, V}, random, &normal);
    at::Tensor g;
    if (like.g.defined()) g = draw_float32({1, T, HV}, random, [](Random& r) { return -0.3 * r.uniform(); });
    const std::vector<std::int64_t> positions{0, 7, 8, 25, T - 1};
    const auto wide = [](const at::Tensor& t) { return t.defined() ? t.to(at::kDouble) : t; };
    const at::Tensor states =
        delta_rule_aten_states(wide(k), wide(k), wide(v), wide(beta), wide(g), 1, wide(initial), positions).states.reshape({-1, K, V});
    const std::vector<double> values = values_on_cpu(states.to(at::kFloat).contiguous());
    const auto there = [&](const at::Tensor& t) { return t.defined() ? t.to(like.k.device()) : t; };
    const NormsCall call{there(k), there(v), there(beta), there(g), there(initial), positions};
    if (!kernel.supports(call)) return 0;
    const at::Tensor norms = kernel.run(call).norms.to(at::kCPU, at::kFloat).contiguous();
    const float* found = norms.const_data_ptr<float>();
    const auto side = static_cast<std::size_t>(std::min(K, V));
    double error = 0;
    for (std::size_t i = 0; i * side < values.size(); ++i) {
        double squares = 0;
        for (std::size_t j = 0; j < side; ++j)
            squares += values[i * side + j] * values[i * side + j];
        for (const auto& [got, want] : {std::pair(found[2 * i], std::sqrt(squares)), std::pair(found[2 * i + 1], values[i * side])}) {
            const double here = std::abs(static_cast<double>(got) - want) / want;
            error = std::isfinite(here) ? std::max(error, here) : kInfinite;
        }
    }
    return error;
}

}  // namespace

double disagreement(const NormsKernel& kernel, const NormsCall& like) {
    const c10::InferenceMode guard;
    return std::max(disagreement_at(kernel, like, 1), disagreement_at(kernel, like, 2));
}

const SpectraKernel* StateKernels::spectra(const at::Device& device, std::int64_t rows, std::int64_t columns) {
    if (!spectra_ || !spectra_->supports(rows, columns)) return nullptr;
    const KernelUse use{spectra_->name, device.str(), rows, columns};
    return check_.trusted(use, spectra_->bound, [&] { return disagreement(*spectra_, device, rows, columns); }) ? &*spectra_ : nullptr;
}

const NormsKernel* StateKernels::norms(const NormsCall& call) {
    if (!norms_ || !norms_->supports(call)) return nullptr;
    const KernelUse use{norms_->name, call.k.device().str(), call.k.size(3), call.v.size(3), 1, call.g.defined()};
    return check_.trusted(use, norms_->bound, [&] { return disagreement(*norms_, call); }) ? &*norms_ : nullptr;
}

}  // namespace rankscope::internal
