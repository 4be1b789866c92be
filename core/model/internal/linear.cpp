// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/linear.hpp"

#include "core/model/internal/kernel_pointers.hpp"

#include <ATen/Context.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <torch/csrc/autograd/custom_function.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace rankscope::internal {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// With fewer rows oneDNN spends its time on laying out the weight.
constexpr std::int64_t kFewestRows = 64;

using PointwiseLinear = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, c10::string_view,
                                   c10::List<std::optional<at::Scalar>>, std::optional<c10::string_view>);

// oneDNN on dense tensors: registered by LibTorch, but without a header.
const std::optional<c10::TypedOperatorHandle<PointwiseLinear>>& pointwise_linear() {
    static const auto found = []() -> std::optional<c10::TypedOperatorHandle<PointwiseLinear>> {
        if (!at::hasMKLDNN()) return std::nullopt;
        const auto handle = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
        if (!handle || !handle->hasKernelForDispatchKey(c10::DispatchKey::CPU)) return std::nullopt;
        try {
            return handle->typed<PointwiseLinear>();
        } catch (const c10::Error&) {  // another signature in another LibTorch
            return std::nullopt;
        }
    }();
    return found;
}

at::Tensor one_dnn(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
    return pointwise_linear()->call(x.contiguous(), weight.contiguous(), bias ? std::optional(bias->contiguous()) : std::nullopt, "none", c10::List<std::optional<at::Scalar>>(),
                                    std::nullopt);
}

bool processor_gains() {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_is("amd") != 0 && __builtin_cpu_supports("avx512f") != 0;
#else
    return false;
#endif
}

bool as_the_processor_is() {
    static const bool chosen = [] {
        const char* wish = std::getenv("RANKSCOPE_PRODUCTS");
        const bool available = pointwise_linear().has_value();
        if (wish == nullptr || *wish == '\0') return available && processor_gains();
        if (std::strcmp(wish, "aten") == 0) return false;
        if (std::strcmp(wish, "onednn") == 0 && available) return true;
        std::fprintf(stderr, "RANKSCOPE_PRODUCTS=%s: expected aten%s; choosing as usual\n", wish, available ? " or onednn" : " (this LibTorch has no oneDNN)");
        return available && processor_gains();
    }();
    return chosen;
}

std::atomic<int> forced{-1};

bool fits(const at::Tensor& x, const at::Tensor& weight) {
    return x.device().is_cpu() && weight.device().is_cpu() && x.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat && weight.dim() == 2
           && weight.numel() > 0 && x.numel() >= kFewestRows * weight.size(1) && one_dnn_products();
}

// y = x Wᵀ + b, so dx = dy W and dW = dyᵀ x; each is a product with the transpose of its right side again.
class LinearFunction : public torch::autograd::Function<LinearFunction> {
public:
    static Variable forward(AutogradContext* ctx, const Variable& x, const Variable& weight, const std::optional<Variable>& bias) {
        ctx->save_for_backward({x, weight});
        ctx->saved_data["bias"] = bias.has_value();
        return one_dnn(x, weight, bias);
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const at::Tensor &x = saved[0], &weight = saved[1];
        const at::Tensor d_rows = gradients[0].reshape({-1, weight.size(0)});
        at::Tensor d_x, d_weight, d_bias;
        if (ctx->needs_input_grad(0)) d_x = matrix_product(d_rows, weight).view_as(x);
        if (ctx->needs_input_grad(1)) d_weight = matrix_product(d_rows.t(), x.reshape({-1, weight.size(1)}));
        if (ctx->saved_data["bias"].toBool()) d_bias = d_rows.sum(0);
        return {d_x, d_weight, d_bias};
    }
};

}  // namespace

at::Tensor apply_linear(const at::Tensor& x, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
    if (!fits(x, weight)) return at::linear(x, weight, bias);
    return needs_gradient({x, weight, bias ? *bias : at::Tensor()}) ? LinearFunction::apply(x, weight, bias) : one_dnn(x, weight, bias);
}

at::Tensor matrix_product(const at::Tensor& a, const at::Tensor& b) {
    const at::Tensor weight = b.t();
    return fits(a, weight) ? one_dnn(a, weight, std::nullopt) : at::mm(a, b);
}

bool one_dnn_products() {
    const int chosen = forced.load(std::memory_order_relaxed);
    return chosen < 0 ? as_the_processor_is() : chosen == 1 && pointwise_linear().has_value();
}

void set_one_dnn_products(std::optional<bool> chosen) {
    forced = chosen ? static_cast<int>(*chosen) : -1;
}

}  // namespace rankscope::internal
