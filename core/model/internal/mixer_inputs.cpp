// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/mixer_inputs.hpp"

#include "core/model/internal/device_kernels.hpp"
#include "core/model/internal/kernel_pointers.hpp"
#include "core/model/internal/layer_kernels.hpp"
#include "core/model/internal/layer_operations.hpp"
#include "kernels/short_conv.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/elu.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

namespace rankscope::internal {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Columns of the joint projection: q | k | v | gate | b | a.
struct Columns {
    std::int64_t key = 0, value = 0, gate = 0, beta = 0, decay = 0;  // widths
    std::int64_t heads = 0, value_heads = 0;
    double beta_factor = 1;

    Columns(const ModelConfig& config, const LayerConfig& layer, const LayerWeights& w)
        : key(w.key_rows),
          value(layer.value_heads * layer.value_dim),
          gate(config.output_gate != OutputGate::None ? value : 0),
          beta(config.use_beta ? layer.value_heads : 0),
          decay(layer.mixer == MixerKind::GatedDeltaRule ? layer.value_heads : 0),
          heads(layer.key_heads),
          value_heads(layer.value_heads),
          beta_factor(config.allow_neg_eigval ? 2 : 1) {}

    [[nodiscard]] std::int64_t conv() const { return 2 * key + value; }

    [[nodiscard]] std::int64_t first_beta() const { return beta > 0 ? conv() + gate : -1; }

    [[nodiscard]] std::int64_t first_decay() const { return decay > 0 ? conv() + gate + beta : -1; }

    [[nodiscard]] at::Tensor q(const at::Tensor& x) const { return x.narrow(-1, 0, key); }

    [[nodiscard]] at::Tensor k(const at::Tensor& x) const { return x.narrow(-1, key, key); }

    [[nodiscard]] at::Tensor v(const at::Tensor& x) const { return x.narrow(-1, 2 * key, value); }

    [[nodiscard]] at::Tensor gate_of(const at::Tensor& x) const { return x.narrow(-1, conv(), gate); }

    [[nodiscard]] at::Tensor beta_of(const at::Tensor& x) const { return x.narrow(-1, conv() + gate, beta); }

    [[nodiscard]] at::Tensor decay_of(const at::Tensor& x) const {
        return x.narrow(-1, conv() + gate + beta, decay);
    }
};

template <class Product>
kernels::ShortConvArgs<Product> conv_arguments(const at::Tensor& joint, std::int64_t first,
                                               const at::Tensor& weight, std::int64_t norm_width) {
    kernels::ShortConvArgs<Product> a;
    a.B = joint.size(0);
    a.T = joint.size(1);
    a.C = weight.size(0);
    a.W = weight.size(1);
    a.stride = joint.size(2);
    a.x = input<Product>(joint) + first;
    a.weight = weight.const_data_ptr<float>();
    a.norm_width = norm_width;
    a.eps = static_cast<float>(kL2Eps);
    return a;
}

at::Tensor convolved(const at::Tensor& joint, std::int64_t first, const at::Tensor& taps,
                     std::int64_t heads, bool norm, const at::Tensor& tail) {
    if (LayerKernels* kernels = device_kernels(joint.device()).layers) {
        if (auto y = kernels->conv({joint, first, taps, tail, heads, norm, at::kFloat})) return *y;
    }
    require_cpu(joint);
    const at::Tensor weight = taps.to(at::kFloat);
    const std::int64_t width = weight.size(0) / heads;
    at::Tensor out =
        at::empty({joint.size(0), joint.size(1), heads, width}, joint.options().dtype(at::kFloat));
    with_product(joint.scalar_type(), [&]<class Product>(Product) {
        auto a = conv_arguments<Product>(joint, first, weight, norm ? width : 0);
        if (tail.defined()) {
            a.tail = input<Product>(tail) + first;
            a.tail_stride = tail.size(2);
        }
        a.out = out.data_ptr<float>();
        kernels::short_conv(a);
    });
    return out;
}

at::Tensor write_strength(const Columns& columns, const at::Tensor& joint) {
    if (columns.beta == 0)
        return at::ones({joint.size(0), joint.size(1), columns.value_heads},
                        joint.options().dtype(wide(joint)));
    const at::Tensor beta = at::sigmoid(columns.beta_of(joint).to(wide(joint)));
    return columns.beta_factor == 1 ? beta : beta * columns.beta_factor;
}

// The usual configuration in one node: its backward pass fills the gradient of the joint projection column by
// column.
class InputsFunction : public torch::autograd::Function<InputsFunction> {
public:
    static variable_list forward(AutogradContext* ctx, const Variable& joint_in, const Variable& q_conv,
                                 const Variable& k_conv, const Variable& v_conv,
                                 const std::optional<Variable>& A_log, const std::optional<Variable>& dt_bias,
                                 Columns columns) {
        const at::Tensor joint = joint_in.contiguous();
        variable_list out{convolved(joint, 0, q_conv, columns.heads, true, {}),
                          convolved(joint, columns.key, k_conv, columns.heads, true, {}),
                          convolved(joint, 2 * columns.key, v_conv, columns.value_heads, false, {}),
                          write_strength(columns, joint)};
        at::Tensor g;
        if (A_log) out.push_back(g = composed_log_decay(columns.decay_of(joint).to(at::kFloat), *A_log, *dt_bias));
        if (columns.gate > 0) out.push_back(columns.gate_of(joint).contiguous());
        ctx->save_for_backward({joint, q_conv, k_conv, v_conv, out[3], g, A_log.value_or(Variable()),
                                dt_bias.value_or(Variable())});
        ctx->saved_data["columns"] = std::vector<std::int64_t>{columns.heads, columns.key,  columns.value,
                                                               columns.gate,  columns.beta, columns.decay};
        ctx->saved_data["beta_factor"] = columns.beta_factor;
        return out;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const at::Tensor &joint = saved[0], &beta = saved[4], &g = saved[5], &A_log = saved[6],
                         &dt_bias = saved[7];
        const auto sizes = ctx->saved_data["columns"].toIntVector();
        const std::int64_t heads = sizes[0], key = sizes[1], value = sizes[2], gate = sizes[3],
                           beta_columns = sizes[4], decay = sizes[5];
        at::Tensor d_joint = at::empty_like(joint);
        std::array<at::Tensor, 3> d_conv;
        const std::array<std::int64_t, 3> first{0, key, 2 * key};
        for (std::size_t i = 0; i < 3; ++i) {
            const at::Tensor& weight = saved[1 + i];
            const at::Tensor d_out = gradients[i].contiguous();
            if (LayerKernels* kernels = device_kernels(joint.device()).layers) {
                const ConvCall call{joint, first[i], weight, {}, i < 2 ? heads : weight.size(0) / d_out.size(3), i < 2, at::kFloat};
                if (kernels->differentiates(call)) {
                    d_conv[i] = kernels->conv_backward(call, d_out, d_joint);
                    continue;
                }
            }
            require_cpu(joint);
            d_conv[i] = at::empty_like(weight);
            with_product(joint.scalar_type(), [&]<class Product>(Product) {
                kernels::ShortConvBackwardArgs<Product> b;
                b.forward = conv_arguments<Product>(joint, first[i], weight, i < 2 ? key / heads : 0);
                b.d_out = d_out.const_data_ptr<float>();
                b.d_x = output<Product>(d_joint) + first[i];
                b.d_weight = d_conv[i].data_ptr<float>();
                kernels::short_conv_backward(b);
            });
        }
        std::int64_t column = 2 * key + value;
        if (gate > 0) d_joint.narrow(-1, column, gate).copy_(gradients.back());
        column += gate;
        if (beta_columns > 0) {
            const double factor = ctx->saved_data["beta_factor"].toDouble();
            d_joint.narrow(-1, column, beta_columns).copy_(gradients[3] * beta * (1 - beta / factor));
        }
        column += beta_columns;
        at::Tensor d_A_log, d_dt_bias;
        if (decay > 0) {
            const at::Tensor z = joint.narrow(-1, column, decay).to(at::kFloat) + dt_bias;
            const at::Tensor d_z = gradients[4] * -at::exp(A_log) * at::sigmoid(z);
            d_joint.narrow(-1, column, decay).copy_(d_z);
            d_A_log = (gradients[4] * g).sum(at::IntArrayRef{0, 1});
            d_dt_bias = d_z.sum(at::IntArrayRef{0, 1});
        }
        return {d_joint, d_conv[0], d_conv[1], d_conv[2], d_A_log, d_dt_bias, Variable()};
    }
};

at::Tensor feature_map(const at::Tensor& x, QkActivation activation) {
    switch (activation) {
        case QkActivation::Relu:
            return at::relu(x);
        case QkActivation::Elu:
            return at::elu(x) + 1;
        default:
            return x;
    }
}

at::Tensor normalised(const at::Tensor& x, QkNorm norm) {
    if (norm == QkNorm::L2) return composed_l2_norm(x);
    const at::Tensor y = x.to(wide(x));
    return y / y.sum(-1, true);
}

// What needs no convolution.
void fill_gates(MixerInputs& out, const LayerWeights& w, const Columns& columns, const at::Tensor& joint) {
    LayerKernels* kernels = needs_gradient({joint, w.A_log, w.dt_bias}) ? nullptr : device_kernels(joint.device()).layers;
    std::optional<MixerGates> gates;
    if (kernels != nullptr)
        gates = kernels->gates({joint, columns.first_beta(), columns.first_decay(), columns.value_heads, columns.beta_factor, w.A_log, w.dt_bias});
    out.beta = gates && gates->beta.defined() ? gates->beta : write_strength(columns, joint);
    if (columns.decay > 0) out.g = gates ? gates->g : composed_log_decay(columns.decay_of(joint).to(wide(joint)), w.A_log, w.dt_bias);
    if (columns.gate > 0) out.gate = columns.gate_of(joint);
}

MixerInputs composed_inputs(const ModelConfig& m, const LayerWeights& w, const Columns& columns,
                            const at::Tensor& joint, const at::Tensor& tail, bool raw) {
    const std::int64_t B = joint.size(0), T = joint.size(1);
    at::Tensor q = columns.q(joint), k = columns.k(joint), v = columns.v(joint);
    const bool silu = m.qk_activation == QkActivation::Silu;
    if (m.use_short_conv) {
        const auto before = [&](auto part) { return tail.defined() ? (columns.*part)(tail) : at::Tensor(); };
        q = composed_conv(q, w.q_conv, before(&Columns::q), silu);
        k = composed_conv(k, w.k_conv, before(&Columns::k), silu);
        v = composed_conv(v, w.v_conv, before(&Columns::v), true);
    } else {
        if (silu) q = at::silu(q);
        if (silu) k = at::silu(k);
        v = at::silu(v);
    }
    MixerInputs out;
    q = feature_map(q, m.qk_activation).reshape({B, T, columns.heads, -1});
    k = feature_map(k, m.qk_activation).reshape({B, T, columns.heads, -1});
    if (raw) {
        out.q_raw = q;
        out.k_raw = k;
    }
    out.q = normalised(q, m.qk_norm);
    out.k = normalised(k, m.qk_norm);
    out.v = v.reshape({B, T, columns.value_heads, -1}).to(wide(v));
    fill_gates(out, w, columns, joint);
    return out;
}

// Whether the kernels of joint's device convolve q, k and v and go back through it.
bool differentiates_on_device(const LayerWeights& w, const Columns& columns, const at::Tensor& joint) {
    LayerKernels* kernels = device_kernels(joint.device()).layers;
    const auto part = [&](std::int64_t first, const at::Tensor& weight, std::int64_t heads, bool normalised) {
        return kernels->differentiates(ConvCall{joint, first, weight, {}, heads, normalised, at::kFloat});
    };
    return kernels != nullptr && part(0, w.q_conv, columns.heads, true) && part(columns.key, w.k_conv, columns.heads, true)
           && part(2 * columns.key, w.v_conv, columns.value_heads, false);
}

// q, k and v by the kernels of joint's device; all of them or none. bfloat16 is what a recurrence in bfloat16 elsewhere reads too.
bool convolve_on_device(MixerInputs& out, LayerKernels& kernels, const LayerWeights& w, const Columns& columns, const at::Tensor& joint,
                        const at::Tensor& tail, bool precise) {
    const at::ScalarType dtype = joint.scalar_type() == at::kBFloat16 && !precise ? at::kBFloat16 : at::kFloat;
    const auto part = [&](std::int64_t first, const at::Tensor& weight, std::int64_t heads, bool normalised) {
        return kernels.conv({joint, first, weight, tail, heads, normalised, dtype});
    };
    const auto q = part(0, w.q_conv, columns.heads, true);
    const auto k = q ? part(columns.key, w.k_conv, columns.heads, true) : std::nullopt;
    const auto v = k ? part(2 * columns.key, w.v_conv, columns.value_heads, false) : std::nullopt;
    if (!v) return false;
    out.q = *q;
    out.k = *k;
    out.v = *v;
    return true;
}

}  // namespace

MixerInputs mixer_inputs(const ModelConfig& config, const LayerConfig& layer, const LayerWeights& w,
                         const at::Tensor& joint, at::Tensor* tail, bool raw, bool precise) {
    const Columns columns(config, layer, w);
    at::Tensor before;
    if (tail != nullptr && config.use_short_conv) {
        const std::int64_t past = config.conv_size - 1;
        before = tail->defined() ? *tail : at::zeros({joint.size(0), past, columns.conv()}, joint.options());
        const at::Tensor all = at::cat({before, joint.narrow(-1, 0, columns.conv())}, 1);
        *tail = all.narrow(1, joint.size(1), past).contiguous();
    }
    const bool gradients = needs_gradient({joint, w.q_conv, w.k_conv, w.v_conv, w.A_log, w.dt_bias});
    const bool usual =
        config.use_short_conv && config.qk_activation == QkActivation::Silu && config.qk_norm == QkNorm::L2;
    const bool fits = joint.device().is_cpu()
                      && (joint.scalar_type() == at::kFloat || joint.scalar_type() == at::kBFloat16)
                      && (w.q_conv.scalar_type() == at::kFloat || (!gradients && w.q_conv.scalar_type() == at::kBFloat16));
    MixerInputs out;
    if (LayerKernels* kernels = device_kernels(joint.device()).layers; kernels != nullptr && usual && !raw && !gradients) {
        const at::Tensor x = joint.contiguous();
        if (convolve_on_device(out, *kernels, w, columns, x, before, precise)) {
            fill_gates(out, w, columns, x);
            return out;
        }
    }
    const bool node = gradients && usual && !raw && !before.defined() && differentiates_on_device(w, columns, joint.contiguous());
    if (!node && (!usual || !fits || raw)) return composed_inputs(config, w, columns, joint, before, raw);
    if (gradients) {
        const auto some = [](const at::Tensor& t) { return t.defined() ? std::optional(t) : std::nullopt; };
        const variable_list all = InputsFunction::apply(joint, w.q_conv, w.k_conv, w.v_conv, some(w.A_log),
                                                        some(w.dt_bias), columns);
        out.q = all[0];
        out.k = all[1];
        out.v = all[2];
        out.beta = all[3];
        if (columns.decay > 0) out.g = all[4];
        if (columns.gate > 0) out.gate = all.back();
        return out;
    }
    const at::Tensor x = joint.contiguous();
    out.q = convolved(x, 0, w.q_conv, columns.heads, true, before);
    out.k = convolved(x, columns.key, w.k_conv, columns.heads, true, before);
    out.v = convolved(x, 2 * columns.key, w.v_conv, columns.value_heads, false, before);
    fill_gates(out, w, columns, x);
    return out;
}

}  // namespace rankscope::internal
