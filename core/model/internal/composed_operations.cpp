// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/composed_operations.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softplus.h>

namespace rankscope::internal {

at::ScalarType wide(const at::Tensor& x) {
    return x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

at::Tensor composed_norm(const at::Tensor& x, const at::Tensor& weight, double eps) {
    const at::Tensor y = x.to(wide(x));
    return y * at::rsqrt((y * y).mean(-1, true) + eps) * weight;
}

at::Tensor composed_gated_norm(const at::Tensor& o, const at::Tensor& weight, const at::Tensor& gate, kernels::NormGate act, double eps) {
    at::Tensor y = composed_norm(o, weight, eps).reshape({o.size(0), o.size(1), -1});
    if (act == kernels::NormGate::None) return y;
    const at::Tensor z = gate.to(y.scalar_type());
    return y * (act == kernels::NormGate::Swish ? at::silu(z) : at::sigmoid(z));
}

// Shifted multiply-adds beat a grouped convolution on a processor.
at::Tensor composed_conv(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& tail, bool activate) {
    const std::int64_t W = weight.size(1), T = x.size(1);
    const at::Tensor padded = (tail.defined() ? at::cat({tail, x}, 1) : at::constant_pad_nd(x, {0, 0, W - 1, 0})).to(wide(x));
    const at::Tensor w = weight.to(wide(x));
    at::Tensor y = padded.narrow(1, 0, T) * w.select(1, 0);
    for (std::int64_t j = 1; j < W; ++j)
        y = at::addcmul(y, padded.narrow(1, j, T), w.select(1, j));
    return (activate ? at::silu(y) : y).to(x.scalar_type());
}

at::Tensor composed_l2_norm(const at::Tensor& x) {
    const at::Tensor y = x.to(wide(x));
    return y * at::rsqrt((y * y).sum(-1, true) + kL2Eps);
}

at::Tensor composed_log_decay(const at::Tensor& a, const at::Tensor& A_log, const at::Tensor& dt_bias) {
    return -at::exp(A_log) * at::softplus(a + dt_bias);
}

at::Tensor composed_swiglu(const at::Tensor& gate_up) {
    const std::int64_t width = gate_up.size(-1) / 2;
    return at::silu(gate_up.narrow(-1, 0, width)) * gate_up.narrow(-1, width, width);
}

}  // namespace rankscope::internal
