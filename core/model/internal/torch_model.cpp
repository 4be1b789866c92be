// SPDX-License-Identifier: Apache-2.0
#include "core/model/internal/torch_model.hpp"

#include "core/base/error.hpp"
#include "core/base/stop_scope.hpp"
#include "core/model/internal/device_mixer.hpp"
#include "core/model/internal/kernel_pointers.hpp"
#include "core/model/internal/layer_operations.hpp"
#include "core/model/internal/linear.hpp"
#include "core/model/internal/state_kernels.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "kernels/cross_entropy.hpp"
#include "kernels/delta_rule.hpp"
#include "kernels/singular_values.hpp"
#include "kernels/state_norms.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/logsumexp.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstring>

namespace rankscope::internal {
namespace {

// Rows of logits at a time: 256 x 32000 floats are 32 MB.
constexpr std::int64_t kScoreRows = 256;

class TorchDecodeState final : public DecodeState {
public:
    [[nodiscard]] std::int64_t bytes() const override {
        std::int64_t total = 0;
        for (const LayerCache& c : caches) {
            for (const at::Tensor& t : {c.conv_tail, c.state, c.keys, c.values})
                total += t.defined() ? t.numel() * static_cast<std::int64_t>(t.element_size()) : 0;
        }
        return total;
    }

    std::int64_t batch = 0;
    std::vector<LayerWeights> weights;
    std::vector<double> scales;
    std::vector<LayerCache> caches;
};

// q, k and v of `dtype`.
MixerCall call_of(const at::Device& device, at::ScalarType dtype, const LayerConfig& layer, bool gated, std::int64_t key_dim,
                  std::int64_t length) {
    const auto shaped = [&](std::initializer_list<std::int64_t> shape, at::ScalarType type) {
        return at::empty(shape, at::TensorOptions().dtype(type).device(device));
    };
    MixerCall call;
    call.q = call.k = shaped({1, length, layer.key_heads, key_dim}, dtype);
    call.v = shaped({1, length, layer.value_heads, layer.value_dim}, dtype);
    call.beta = shaped({1, length, layer.value_heads}, at::kFloat);
    if (gated) call.g = call.beta;
    return call;
}

// What a call at this width and length takes; runs the self-check of a kernel that was not used before.
std::string device_implementation(const at::Device& device, at::ScalarType dtype, const LayerConfig& layer, bool gated,
                                  std::int64_t key_dim, std::int64_t length) {
    const DeviceMixer* mixer = cuda_mixers(device).choose(call_of(device, dtype, layer, gated, key_dim, length));
    return mixer != nullptr ? mixer->name : "aten-chunked";
}

std::vector<float> to_floats(const at::Tensor& t) {
    const at::Tensor c = t.to(at::kCPU, at::kFloat).contiguous();
    const float* data = c.const_data_ptr<float>();
    return {data, data + c.numel()};
}

// The kernel takes float32 rows and float32 or bfloat16 weights on the CPU.
bool kernel_scores(const at::Tensor& hidden, const at::Tensor& head) {
    return hidden.device().is_cpu() && hidden.scalar_type() == at::kFloat && head.device().is_cpu() && head.is_contiguous()
           && (head.scalar_type() == at::kFloat || head.scalar_type() == at::kBFloat16);
}

// Tiled over the vocabulary as well: no logit is written.
TokenLosses kernel_losses(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets) {
    const at::Tensor x = hidden.contiguous(), wanted = targets.to(at::kLong).contiguous();
    const std::int64_t rows = x.size(0), width = x.size(1), step = product_rows(width, head.size(0), at::kFloat);
    const at::Tensor nll = at::empty({rows}, x.options()), best = at::empty_like(wanted);
    for (std::int64_t begin = 0; begin < rows; begin += step) {
        check_stop();
        with_product(head.scalar_type(), [&](auto product) {
            kernels::CrossEntropyArgs<decltype(product), std::int64_t> args;
            args.rows = std::min(step, rows - begin);
            args.width = width;
            args.vocabulary = head.size(0);
            args.hidden = x.const_data_ptr<float>() + begin * width;
            args.weight = input<decltype(product)>(head);
            args.targets = wanted.const_data_ptr<std::int64_t>() + begin;
            args.nll = nll.data_ptr<float>() + begin;
            args.argmax = best.data_ptr<std::int64_t>() + begin;
            const std::int64_t bad = kernels::cross_entropy(args);
            if (bad >= 0) throw Error(ErrorKind::Internal, "a target outside the vocabulary in row " + std::to_string(begin + bad));
        });
    }
    return {nll, best == wanted};
}

}  // namespace

at::Tensor ids_tensor(std::span<const std::vector<std::int32_t>> ids, at::Device device) {
    if (ids.empty() || ids.front().empty()) throw Error(ErrorKind::Internal, "a batch without tokens");
    const auto B = static_cast<std::int64_t>(ids.size());
    const auto T = static_cast<std::int64_t>(ids.front().size());
    at::Tensor out = at::empty({B, T}, at::TensorOptions().dtype(at::kLong));
    auto* data = out.data_ptr<std::int64_t>();
    for (const auto& row : ids) {
        if (static_cast<std::int64_t>(row.size()) != T)
            throw Error(ErrorKind::Internal, "rows of a batch differ in length");
        data = std::copy(row.begin(), row.end(), data);
    }
    return out.to(device);
}

TokenLosses token_losses(const at::Tensor& hidden, const at::Tensor& head, const at::Tensor& targets) {
    if (kernel_scores(hidden, head)) return kernel_losses(hidden, head, targets);
    std::vector<at::Tensor> nll;
    std::vector<at::Tensor> correct;
    const std::int64_t step = std::min(kScoreRows, product_rows(head.size(1), head.size(0), hidden.scalar_type()));
    for (std::int64_t begin = 0; begin < hidden.size(0); begin += step) {
        check_stop();
        const std::int64_t rows = std::min(step, hidden.size(0) - begin);
        const at::Tensor logits = apply_linear(hidden.narrow(0, begin, rows), head)
                                      .to(hidden.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
        const at::Tensor target = targets.narrow(0, begin, rows);
        const at::Tensor chosen = logits.gather(1, target.unsqueeze(1)).squeeze(1);
        nll.push_back((at::logsumexp(logits, {1}) - chosen).to(at::kFloat));
        correct.push_back(logits.argmax(1) == target);
    }
    return {at::cat(nll, 0), at::cat(correct, 0)};
}

TorchModel::TorchModel(Network network, at::Device device, at::ScalarType dtype)
    : network_(std::move(network)), device_(device), dtype_(dtype) {
    if (device_.is_cuda()) state_kernels_ = &cuda_state_kernels(device_);
}

std::string TorchModel::dtype() const {
    if (dtype_ == at::kBFloat16) return "bfloat16";
    return dtype_ == at::kDouble ? "float64" : "float32";
}

std::string TorchModel::mixer_implementation(std::int64_t index, std::int64_t key_dim,
                                             std::int64_t length) const {
    const LayerConfig& layer = network_.config.layers[static_cast<std::size_t>(index)];
    if (!layer.prunable()) return "attention";
    if (dtype_ == at::kDouble) return "aten-chunked";
    if (!device_.is_cpu()) return device_implementation(device_, dtype_, layer, network_.layers[static_cast<std::size_t>(index)].A_log.defined(), key_dim, length);
    kernels::DeltaRuleArgs<float> args;
    args.B = 1;
    args.T = length;
    args.H = layer.key_heads;
    args.HV = layer.value_heads;
    args.K = key_dim;
    args.V = layer.value_dim;
    const float some = 0;  // a gate weighs in the choice, its numbers do not
    if (network_.layers[static_cast<std::size_t>(index)].A_log.defined()) args.g = &some;
    return std::string(kernels::choose_delta_rule(args).name);
}

std::string TorchModel::spectra_implementation(std::int64_t index, std::int64_t key_dim) const {
    const LayerConfig& layer = network_.config.layers[static_cast<std::size_t>(index)];
    const SpectraKernel* kernel =
        state_kernels_ != nullptr ? state_kernels_->spectra(device_, key_dim, layer.value_dim) : nullptr;
    return kernel != nullptr ? kernel->name : "cpu-" + std::string(kernels::singular_values_implementation());
}

std::string TorchModel::norms_implementation(std::int64_t index, std::int64_t key_dim) const {
    const LayerConfig& layer = network_.config.layers[static_cast<std::size_t>(index)];
    const NormsKernel* kernel = nullptr;
    if (state_kernels_ != nullptr) {
        const MixerCall call =
            call_of(device_, at::kFloat, layer, network_.layers[static_cast<std::size_t>(index)].A_log.defined(), key_dim, 1);
        kernel = state_kernels_->norms({call.k, call.v, call.beta, call.g, {}, {}});
    }
    return kernel != nullptr ? kernel->name : "cpu-" + std::string(kernels::state_norms_implementations().front());
}

at::Tensor TorchModel::checked_ids(std::span<const std::vector<std::int32_t>> ids) const {
    const std::int64_t vocab = network_.config.vocab_size;
    for (const auto& row : ids) {
        for (const std::int32_t id : row) {
            if (id < 0 || id >= vocab)
                throw_input("token outside the vocabulary: found " + std::to_string(id) + ", expected 0 to "
                                + std::to_string(vocab - 1),
                            "is this the tokenizer of this model?");
        }
    }
    return ids_tensor(ids, device_);
}

Hidden TorchModel::embed(std::span<const std::vector<std::int32_t>> ids) const {
    return translated([&] {
        const c10::InferenceMode guard;
        return Hidden(
            std::make_shared<Hidden::Impl>(Hidden::Impl{internal::embed(network_, checked_ids(ids))}));
    });
}

Hidden TorchModel::run_layer(std::int64_t layer, const Hidden& input, const RunOptions& options) const {
    return translated([&] {
        const c10::InferenceMode guard;
        const auto index = static_cast<std::size_t>(layer);
        LayerRun run;
        run.selection = options.selection;
        run.noise = options.noise;
        run.trace = options.trace;
        run.state_kernels = state_kernels_;
        run.reference_mixer = options.reference_mixer;
        if (options.selection != nullptr) run.scale = options.selection->scale;
        const LayerWeights weights =
            options.selection != nullptr
                ? select_channels(network_.layers[index], network_.config.layers[index], *options.selection)
                : network_.layers[index];
        return Hidden(std::make_shared<Hidden::Impl>(
            Hidden::Impl{internal::run_layer(network_, layer, weights, input.impl().value, run)}));
    });
}

TokenScores TorchModel::score(const Hidden& last, std::span<const std::vector<std::int32_t>> ids) const {
    return translated([&] {
        const c10::InferenceMode guard;
        const at::Tensor x = last.impl().value;
        TokenScores out;
        out.B = x.size(0);
        out.T = x.size(1);
        const std::int64_t n = out.B * (out.T - 1);
        if (n == 0) return out;
        const at::Tensor hidden = final_hidden(network_, x.narrow(1, 0, out.T - 1)).reshape({n, x.size(2)});
        const at::Tensor targets = ids_tensor(ids, device_).narrow(1, 1, out.T - 1).reshape({n});
        const TokenLosses losses = token_losses(hidden, network_.head(), targets);
        out.nll = to_floats(losses.nll);
        const at::Tensor correct = losses.correct.to(at::kCPU, at::kByte).contiguous();
        out.correct.assign(correct.const_data_ptr<std::uint8_t>(),
                           correct.const_data_ptr<std::uint8_t>() + n);
        return out;
    });
}

std::vector<float> TorchModel::logits(const Hidden& last) const {
    return translated([&] {
        const c10::InferenceMode guard;
        return to_floats(apply_linear(final_hidden(network_, last.impl().value), network_.head()));
    });
}

std::vector<float> TorchModel::last_logits(const Hidden& last) const {
    return translated([&] {
        const c10::InferenceMode guard;
        const at::Tensor& x = last.impl().value;
        return to_floats(apply_linear(final_hidden(network_, x.narrow(1, x.size(1) - 1, 1)), network_.head()));
    });
}

std::unique_ptr<DecodeState> TorchModel::begin_decode(std::int64_t batch,
                                                      std::span<const LayerSelection> selections) const {
    return translated([&]() -> std::unique_ptr<DecodeState> {
        const c10::InferenceMode guard;
        auto state = std::make_unique<TorchDecodeState>();
        state->batch = batch;
        state->weights = network_.layers;
        state->scales.assign(network_.layers.size(), 0.0);
        state->caches.resize(network_.layers.size());
        for (std::size_t l = 0; l < selections.size(); ++l) {
            state->weights[l] = select_channels(network_.layers[l], network_.config.layers[l], selections[l]);
            state->scales[l] = selections[l].scale;
        }
        return state;
    });
}

std::vector<std::int32_t> TorchModel::decode_step(DecodeState& opaque, std::span<const std::int32_t> tokens,
                                                  double* mixer_seconds) const {
    return translated([&] {
        const c10::InferenceMode guard;
        auto& state = dynamic_cast<TorchDecodeState&>(opaque);
        if (std::ssize(tokens) != state.batch)
            throw Error(ErrorKind::Internal, "decoding: found " + std::to_string(tokens.size())
                                                 + " tokens, expected " + std::to_string(state.batch));
        std::vector<std::vector<std::int32_t>> rows;
        for (const std::int32_t token : tokens)
            rows.push_back({token});
        at::Tensor x = internal::embed(network_, checked_ids(rows));
        double seconds = 0;
        for (std::size_t l = 0; l < network_.layers.size(); ++l) {
            LayerRun run;
            run.scale = state.scales[l];
            run.cache = &state.caches[l];
            run.cache->mixer_seconds = 0;
            run.cache->timed = mixer_seconds != nullptr;
            x = internal::run_layer(network_, static_cast<std::int64_t>(l), state.weights[l], x, run);
            seconds += run.cache->mixer_seconds;
        }
        if (mixer_seconds != nullptr) *mixer_seconds += seconds;
        const at::Tensor next =
            apply_linear(final_hidden(network_, x), network_.head()).argmax(-1).reshape({-1}).to(at::kCPU);
        const auto* data = next.const_data_ptr<std::int64_t>();
        return std::vector<std::int32_t>(data, data + next.numel());
    });
}

}  // namespace rankscope::internal
