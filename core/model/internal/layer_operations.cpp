// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/layer_operations.hpp"

#include "core/base/error.hpp"
#include "core/base/stop_scope.hpp"
#include "core/model/internal/device_kernels.hpp"
#include "core/model/internal/kernel_pointers.hpp"
#include "core/model/internal/layer_kernels.hpp"
#include "core/model/internal/linear.hpp"
#include "kernels/rms_norm.hpp"
#include "kernels/swiglu.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

namespace rankscope::internal {
namespace {

using kernels::Bf16;
using kernels::NormGate;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct NormOptions {
    float eps = 0;
    NormGate act = NormGate::None;
};

template <class Product, class Stream = float>
kernels::RmsNormArgs<Product, Stream> norm_arguments(const at::Tensor& x, const at::Tensor& weight,
                                                     const at::Tensor& gate, const NormOptions& o) {
    kernels::RmsNormArgs<Product, Stream> a;
    a.width = x.size(-1);
    a.rows = x.numel() / a.width;
    a.eps = o.eps;
    a.act = o.act;
    a.x = input<Stream>(x);
    a.weight = weight.const_data_ptr<float>();
    a.gate = input<Product>(gate);
    return a;
}

// The call as kernels of a device take it.
NormCall norm_call(const at::Tensor& x, const at::Tensor& add, const at::Tensor& weight, const at::Tensor& gate, const NormOptions& options,
                   at::ScalarType dtype) {
    return {x, add, weight, gate, options.act, options.eps, dtype};
}

// {out, s, 1/rms}; s is x itself where nothing is added.
std::array<at::Tensor, 3> norm_forward(const at::Tensor& x, const at::Tensor& add, const at::Tensor& weight,
                                       const at::Tensor& gate, const NormOptions& options,
                                       at::ScalarType dtype) {
    if (LayerKernels* kernels = device_kernels(x.device()).layers) {
        NormCall call = norm_call(x, add, weight, gate, options, dtype);
        call.keeps_inverse = true;
        if (const auto r = kernels->norm(call)) return {r->out, add.defined() ? r->sum : x, r->inverse};
    }
    require_cpu(x);
    at::Tensor out = at::empty(x.sizes(), x.options().dtype(dtype));
    at::Tensor sum = add.defined() ? at::empty_like(x) : x;
    at::Tensor inverse = at::empty({x.numel() / x.size(-1)}, x.options().dtype(at::kFloat));
    const auto run = [&]<class Product, class Stream>(Product, Stream) {
        auto a = norm_arguments<Product, Stream>(x, weight, gate, options);
        a.add = input<Product>(add);
        if (add.defined()) a.sum = output<Stream>(sum);
        a.out = output<Product>(out);
        a.inverse = inverse.data_ptr<float>();
        kernels::rms_norm(a);
    };
    if (x.scalar_type() == at::kBFloat16) {
        run(Bf16{}, Bf16{});
    } else {
        with_product(dtype, [&](auto product) { run(product, float{}); });
    }
    return {out, sum, inverse};
}

// Inputs x, add, weight, gate; outputs out and, with an addition, the sum.
class NormFunction : public torch::autograd::Function<NormFunction> {
public:
    static variable_list forward(AutogradContext* ctx, const Variable& x, const std::optional<Variable>& add,
                                 const Variable& weight, const std::optional<Variable>& gate,
                                 NormOptions options, at::ScalarType dtype) {
        const at::Tensor g = gate ? gate->contiguous() : at::Tensor();
        auto [out, sum, inverse] = norm_forward(x.contiguous(), add ? add->contiguous() : at::Tensor(),
                                                weight.contiguous(), g, options, dtype);
        ctx->save_for_backward({sum, weight, g, inverse});
        ctx->saved_data["eps"] = static_cast<double>(options.eps);
        ctx->saved_data["act"] = static_cast<std::int64_t>(options.act);
        ctx->saved_data["adds"] = add.has_value();
        return add ? variable_list{out, sum} : variable_list{out};
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        check_stop();
        const auto saved = ctx->get_saved_variables();
        const at::Tensor &sum = saved[0], &weight = saved[1], &gate = saved[2], &inverse = saved[3];
        const bool adds = ctx->saved_data["adds"].toBool();
        const NormOptions options{static_cast<float>(ctx->saved_data["eps"].toDouble()),
                                  static_cast<NormGate>(ctx->saved_data["act"].toInt())};
        const at::Tensor s = sum.contiguous();
        const at::Tensor d_out = gradients[0].contiguous();
        at::Tensor d_sum = adds ? gradients[1].contiguous() : at::Tensor();
        if (LayerKernels* kernels = device_kernels(s.device()).layers) {
            // The addition again as an argument: it belongs to what was trusted.
            const NormCall call = norm_call(s, adds ? d_out : at::Tensor(), weight, gate, options, d_out.scalar_type());
            if (kernels->differentiates(call)) {
                const NormGradients g = kernels->norm_backward(call, inverse, d_out, d_sum);
                return {g.d_x, adds ? g.d_add : at::Tensor(), g.d_weight, g.d_gate, Variable(), Variable()};
            }
        }
        require_cpu(s);
        at::Tensor d_x = at::empty_like(s), d_weight = at::empty_like(weight), d_gate, d_add;
        if (gate.defined()) d_gate = at::empty_like(gate);
        const bool separate = adds && d_out.scalar_type() != at::kFloat;
        if (separate) d_add = at::empty_like(d_out);
        with_product(d_out.scalar_type(), [&]<class Product>(Product) {
            kernels::RmsNormBackwardArgs<Product> b;
            b.forward = norm_arguments<Product>(s, weight, gate, options);
            b.forward.inverse = inverse.data_ptr<float>();
            b.d_out = input<Product>(d_out);
            b.d_sum = input<float>(d_sum);
            b.d_x = d_x.data_ptr<float>();
            if (separate) b.d_add = output<Product>(d_add);
            if (gate.defined()) b.d_gate = output<Product>(d_gate);
            b.d_weight = d_weight.data_ptr<float>();
            kernels::rms_norm_backward(b);
        });
        if (adds && !separate) d_add = d_x;
        return {d_x, d_add, d_weight, d_gate, Variable(), Variable()};
    }
};

class SwigluFunction : public torch::autograd::Function<SwigluFunction> {
public:
    static Variable forward(AutogradContext* ctx, const Variable& gate_up_in) {
        const at::Tensor gate_up = gate_up_in.contiguous();
        ctx->save_for_backward({gate_up});
        if (LayerKernels* kernels = device_kernels(gate_up.device()).layers) {
            if (const auto y = kernels->swiglu(gate_up)) return *y;
        }
        require_cpu(gate_up);
        std::vector<std::int64_t> shape = gate_up.sizes().vec();
        shape.back() /= 2;
        at::Tensor out = at::empty(shape, gate_up.options());
        with_product(out.scalar_type(), [&]<class Product>(Product) {
            kernels::swiglu(out.numel() / shape.back(), shape.back(), input<Product>(gate_up),
                            output<Product>(out));
        });
        return out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        check_stop();
        const at::Tensor gate_up = ctx->get_saved_variables()[0];
        const at::Tensor d_out = gradients[0].contiguous();
        if (LayerKernels* kernels = device_kernels(gate_up.device()).layers) {
            if (kernels->differentiates(gate_up)) return {kernels->swiglu_backward(gate_up, d_out)};
        }
        require_cpu(gate_up);
        at::Tensor d_gate_up = at::empty_like(gate_up);
        const std::int64_t width = d_out.size(-1);
        with_product(d_out.scalar_type(), [&]<class Product>(Product) {
            kernels::swiglu_backward(d_out.numel() / width, width, input<Product>(gate_up),
                                     input<Product>(d_out), output<Product>(d_gate_up));
        });
        return {d_gate_up};
    }
};

// The identity, whose gradient looks at the stop on its way back.
class StopPoint : public torch::autograd::Function<StopPoint> {
public:
    static Variable forward(AutogradContext*, const Variable& x) { return x.view_as(x); }

    static variable_list backward(AutogradContext*, variable_list gradients) {
        check_stop();
        return gradients;
    }
};

// What the kernels of x's device compute of a norm that needs no gradient.
std::optional<NormedRows> on_device(const NormCall& call, bool gradients) {
    LayerKernels* kernels = gradients ? nullptr : device_kernels(call.x.device()).layers;
    return kernels != nullptr ? kernels->norm(call) : std::nullopt;
}

// Whether NormFunction takes a norm that needs a gradient: by the processor's kernels, or by the device's where both ways are trusted.
bool function_fits(const NormCall& call) {
    if (kernels_fit(call.x)) return true;
    LayerKernels* kernels = device_kernels(call.x.device()).layers;
    return kernels != nullptr && kernels->differentiates(call);
}

// Whether the processor's norm takes x and its partner in dtype `other` where no gradient is needed: float32, and bfloat16 throughout.
bool norm_fits(const at::Tensor& x, const at::Tensor& weight, at::ScalarType other) {
    if (kernels_fit(x)) return true;
    return x.device().is_cpu() && x.scalar_type() == at::kBFloat16 && other == at::kBFloat16 && weight.scalar_type() == at::kFloat;
}

// Rows that one tile of a weight is multiplied with at most.
constexpr std::int64_t kTileRows = 4096;

}  // namespace

void require_cpu(const at::Tensor& x) {
    if (!x.device().is_cpu()) throw Error(ErrorKind::Internal, "the kernels of " + x.device().str() + " refuse what they took before");
}

bool kernels_fit(const at::Tensor& x) {
    return x.device().is_cpu() && x.scalar_type() == at::kFloat;
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double eps, at::ScalarType out) {
    const bool gradients = needs_gradient({x, weight});
    const NormOptions options{static_cast<float>(eps), NormGate::None};
    const NormCall call = norm_call(x, {}, weight, {}, options, out);
    if (auto r = on_device(call, gradients)) return r->out;
    if (gradients ? !function_fits(call) : !norm_fits(x, weight, out)) return composed_norm(x, weight, eps).to(out);
    if (!gradients) return norm_forward(x.contiguous(), {}, weight.contiguous(), {}, options, out)[0];
    return NormFunction::apply(x, std::nullopt, weight, std::nullopt, options, out)[0];
}

std::pair<at::Tensor, at::Tensor> add_and_norm(const at::Tensor& x, const at::Tensor& add,
                                               const at::Tensor& weight, double eps) {
    const bool gradients = needs_gradient({x, add, weight});
    const at::ScalarType dtype = add.scalar_type();
    const NormOptions options{static_cast<float>(eps), NormGate::None};
    const NormCall call = norm_call(x, add, weight, {}, options, dtype);
    if (auto r = on_device(call, gradients)) return {r->sum, r->out};
    if (gradients ? !function_fits(call) : !norm_fits(x, weight, dtype)) {
        const at::Tensor sum = x + add;
        return {sum, composed_norm(sum, weight, eps).to(dtype)};
    }
    if (!gradients) {
        auto [out, sum, inverse] = norm_forward(x.contiguous(), add.contiguous(), weight.contiguous(), {}, options, dtype);
        return {sum, out};
    }
    const variable_list both = NormFunction::apply(x, std::optional(add), weight, std::nullopt, options, dtype);
    return {both[1], both[0]};
}

at::Tensor gated_norm(const at::Tensor& o, const at::Tensor& weight, const at::Tensor& gate, OutputGate act,
                      double eps, at::ScalarType out) {
    const std::int64_t B = o.size(0), T = o.size(1);
    const bool gradients = needs_gradient({o, weight, gate});
    const NormGate kind = act == OutputGate::None    ? NormGate::None
                          : act == OutputGate::Swish ? NormGate::Swish
                                                     : NormGate::Sigmoid;
    const NormOptions options{static_cast<float>(eps), kind};
    const NormCall call = norm_call(o, {}, weight, gate, options, out);
    if (auto r = on_device(call, gradients)) return r->out.reshape({B, T, -1});
    if (gradients ? !function_fits(call) : !kernels_fit(o)) return composed_gated_norm(o, weight, gate, kind, eps).to(out);
    at::Tensor y;
    if (!gradients) {
        y = norm_forward(o.contiguous(), {}, weight, gate.defined() ? gate.contiguous() : gate, options,
                         out)[0];
    } else {
        y = NormFunction::apply(o, std::nullopt, weight, gate.defined() ? std::optional(gate) : std::nullopt,
                                options, out)[0];
    }
    return y.reshape({B, T, -1});
}

at::Tensor swiglu(const at::Tensor& gate_up) {
    const bool gradients = needs_gradient({gate_up});
    if (LayerKernels* kernels = device_kernels(gate_up.device()).layers) {
        if (!gradients) {
            if (auto y = kernels->swiglu(gate_up)) return *y;
        } else if (kernels->differentiates(gate_up)) {
            return SwigluFunction::apply(gate_up);
        }
    }
    const bool fits = gate_up.device().is_cpu()
                      && (gate_up.scalar_type() == at::kFloat || gate_up.scalar_type() == at::kBFloat16);
    return fits ? SwigluFunction::apply(gate_up) : composed_swiglu(gate_up);
}

std::int64_t product_rows(std::int64_t in, std::int64_t out, at::ScalarType dtype) {
    // 3e9 multiply-adds take 45 ms on two slow cores in float32; other types are slower there.
    const double most = dtype == at::kFloat ? 3e9 : 1e9;
    const auto rows = static_cast<std::int64_t>(most / (static_cast<double>(in) * static_cast<double>(out)));
    return std::max<std::int64_t>(64, rows / 64 * 64);
}

at::Tensor project(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    check_stop();
    const at::Tensor w = weight.to(x.scalar_type());
    const auto b = bias.defined() ? std::optional(bias.to(x.scalar_type())) : std::nullopt;
    const std::int64_t rows = x.numel() / x.size(-1), step = product_rows(w.size(1), w.size(0), x.scalar_type());
    // Gradients of a weight are summed up over tiles, which would cost training time.
    if (rows <= step || !x.device().is_cpu() || needs_gradient({w, bias})) return apply_linear(x, w, b);
    std::vector<std::int64_t> shape = x.sizes().vec();
    shape.back() = w.size(0);
    const at::Tensor flat = x.reshape({rows, x.size(-1)});
    // Tiles of the weight rather than of the rows: whatever multiplies lays its weight out anew in every call, which for a few rows
    // costs as much as the product (92 MB of weight for 128 rows of an MLP of 5632).
    const bool differentiable = needs_gradient({x});
    at::Tensor out = differentiable ? at::Tensor() : at::empty({rows, w.size(0)}, x.options());
    std::vector<at::Tensor> bands;
    for (std::int64_t begin = 0; begin < rows; begin += kTileRows) {
        const std::int64_t count = std::min(kTileRows, rows - begin), columns = product_rows(w.size(1), count, x.scalar_type());
        const at::Tensor band = flat.narrow(0, begin, count);
        std::vector<at::Tensor> parts;
        for (std::int64_t column = 0; column < w.size(0); column += columns) {
            check_stop();
            const std::int64_t width = std::min(columns, w.size(0) - column);
            const at::Tensor part =
                apply_linear(band, w.narrow(0, column, width), b ? std::optional(b->narrow(0, column, width)) : std::nullopt);
            if (differentiable) {
                parts.push_back(StopPoint::apply(part));
            } else {
                out.narrow(0, begin, count).narrow(1, column, width).copy_(part);
            }
        }
        if (differentiable) bands.push_back(at::cat(parts, 1));
    }
    if (differentiable) out = at::cat(bands, 0);
    return out.view(shape);
}

}  // namespace rankscope::internal
