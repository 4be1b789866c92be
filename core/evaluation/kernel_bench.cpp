// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/kernel_bench.hpp"

#include "core/base/error.hpp"
#include "core/evaluation/interleaved_timing.hpp"
#include "core/model/internal/device.hpp"
#include "core/model/internal/mixer_aten.hpp"
#include "core/model/internal/torch_errors.hpp"
#include "kernels/cross_entropy.hpp"
#include "kernels/parallel.hpp"
#include "kernels/peak_probe.hpp"
#include "kernels/singular_values.hpp"
#include "kernels/state_norms.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/logsumexp.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <numeric>
#include <thread>

namespace rankscope {
namespace {

constexpr int kLeastRounds = 3;

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown";
}

double largest(const at::Tensor& x) {
    return x.abs().max().item<double>();
}

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
    return largest(a.to(at::kDouble) - b.to(at::kDouble)) / std::max(largest(b), 1e-30);
}

// Inputs of a gated delta rule as a trained layer has them: unit keys and queries, gates that forget slowly.
struct Sequence {
    std::int64_t B, T, heads, K, V;
    at::Tensor q, k, v, beta, g, initial, out, last;

    Sequence(std::int64_t b, std::int64_t t, std::int64_t h, std::int64_t key, std::int64_t value) : B(b), T(t), heads(h), K(key), V(value) {
        const auto unit = [](const at::Tensor& x) { return x / at::norm(x, 2, -1, true); };
        q = unit(at::randn({B, T, heads, K}));
        k = unit(at::randn({B, T, heads, K}));
        v = at::randn({B, T, heads, V});
        beta = at::rand({B, T, heads});
        g = at::rand({B, T, heads}) * -0.2;
        initial = at::randn({B, heads, K, V}) * 0.1;
        out = at::empty({B, T, heads, V});
        last = at::empty({B, heads, K, V});
    }

    [[nodiscard]] double scale() const { return 1 / std::sqrt(static_cast<double>(K)); }

    [[nodiscard]] kernels::DeltaRuleArgs<float> args() const {
        kernels::DeltaRuleArgs<float> a;
        a.B = B;
        a.T = T;
        a.H = a.HV = heads;
        a.K = K;
        a.V = V;
        a.scale = static_cast<float>(scale());
        a.q = q.const_data_ptr<float>();
        a.k = k.const_data_ptr<float>();
        a.v = v.const_data_ptr<float>();
        a.beta = beta.const_data_ptr<float>();
        a.g = g.const_data_ptr<float>();
        a.initial_state = initial.const_data_ptr<float>();
        a.out = out.data_ptr<float>();
        a.final_state = last.data_ptr<float>();
        return a;
    }

    [[nodiscard]] internal::MixerResult composed() const { return internal::delta_rule_aten(q, k, v, beta, g, scale(), initial); }
};

class Bench {
public:
    Bench(const KernelBenchRequest& request, const Progress& progress) : request_(request), progress_(progress) {}

    KernelBenchResult run() {
        result_.threads = kernels::threads();
        result_.processor = processor_name();
        result_.compiler = "GCC-compatible " __VERSION__;
        result_.instruction_set = std::string(kernels::singular_values_implementation());
        const kernels::MachinePeaks peaks = kernels::measure_peaks(result_.threads);
        result_.fma_one = peaks.fma_one;
        result_.fma_all = peaks.fma_all;
        result_.read_one = peaks.read_one;
        result_.read_all = peaks.read_all;
        plan();
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            progress_.update({static_cast<double>(i), static_cast<double>(rows_.size()), "rows", -1, {}});
            rows_[i]();
        }
        return std::move(result_);
    }

private:
    using Sizes = std::vector<std::int64_t>;

    template <class Row>
    void later(const char* operation, Row row) {
        const auto& wanted = request_.operations;
        if (wanted.empty() || std::ranges::find(wanted, operation) != wanted.end()) rows_.emplace_back(std::move(row));
    }

    void plan() {
        const bool full = request_.full;
        for (const std::int64_t K : full ? Sizes{16, 32, 48, 64, 80, 96, 128, 192, 256} : Sizes{16, 48, 64, 96, 128}) {
            later("prefill", [this, K] { prefill(1, 2048, 16, K, 128); });
        }
        for (const auto& [B, T] : full ? std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 64}, {1, 512}, {1, 4096}, {1, 8192}, {1, 32768}, {16, 512}, {256, 64}}
                                       : std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 64}}) {
            later("prefill", [this, batch = B, length = T] { prefill(batch, length, 16, 128, 128); });
        }
        for (const std::int64_t B : full ? Sizes{1, 16, 256} : Sizes{1, 16}) later("decode", [this, B] { decode(B, 16, 128, 128); });
        for (const std::int64_t n : full ? Sizes{16, 32, 48, 64, 80, 96, 128, 192, 256} : Sizes{64, 96, 128}) {
            later("singular-values", [this, n] { spectra(n, at::kFloat); });
            if (full) later("singular-values", [this, n] { spectra(n, at::kDouble); });
        }
        for (const std::int64_t n : full ? Sizes{16, 32, 48, 64, 80, 96, 128, 192, 256} : Sizes{64, 128}) {
            later("rank", [this, n] { ranks(n, false); });
            later("spectrum", [this, n] { ranks(n, true); });
        }
        later("cross-entropy", [this] { cross_entropy(511, 192, 4096); });
        later("cross-entropy", [this] { cross_entropy(2044, 192, 4096); });
        if (full) later("cross-entropy", [this] { cross_entropy(511, 1024, 32000); });
    }

    // Compares, times in turn, adds the row. `work`: operations or bytes of one call of ours.
    template <class Ours, class Theirs>
    void add(KernelBenchRow row, double difference, double bound, double work, const Ours& ours, const Theirs& theirs) {
        if (!(difference <= bound)) {
            throw Error(ErrorKind::Internal, row.operation + ", K = " + std::to_string(row.keys) + ", V = " + std::to_string(row.values) + ": the kernel and "
                                                 + row.baseline + " differ by " + std::to_string(difference) + ", expected at most " + std::to_string(bound));
        }
        const InterleavedTimes times = time_in_turn(request_.seconds_a_row, kLeastRounds,
                                                    [&] {
                                                        progress_.check();
                                                        ours();
                                                    },
                                                    [&] {
                                                        progress_.check();
                                                        theirs();
                                                    });
        row.ours_ms = 1e3 * times.ours;
        row.baseline_ms = 1e3 * times.theirs;
        row.ratio = times.ratio;
        row.ratio_lower = times.ratio_lower;
        row.ratio_upper = times.ratio_upper;
        row.rounds = times.rounds;
        row.difference = difference;
        row.speed = work / times.ours * 1e-9;
        row.percent = 100 * row.speed / (row.unit == "GB/s" ? result_.read_all : result_.fma_all);
        result_.rows.push_back(std::move(row));
    }

    static double flop(const Sequence& s) { return 7.0 * static_cast<double>(s.B * s.T * s.heads * s.K * s.V); }

    void prefill(std::int64_t B, std::int64_t T, std::int64_t heads, std::int64_t K, std::int64_t V) {
        const Sequence s(B, T, heads, K, V);
        const auto args = s.args();
        kernels::delta_rule(args);
        const internal::MixerResult composed = s.composed();
        KernelBenchRow row{"prefill", "LibTorch, chunks of 64", std::string(kernels::choose_delta_rule(args).name), B, T, heads, K, V};
        row.unit = "GF/s";
        const double difference = std::max(relative_difference(s.out, composed.out), relative_difference(s.last, composed.final_state));
        add(std::move(row), difference, 1e-4, flop(s), [&] { kernels::delta_rule(args); }, [&] { static_cast<void>(s.composed()); });
    }

    void decode(std::int64_t B, std::int64_t heads, std::int64_t K, std::int64_t V) {
        const Sequence s(B, 1, heads, K, V);
        const auto args = s.args();
        kernels::delta_rule(args);
        const internal::MixerResult composed = s.composed();
        KernelBenchRow row{"decode", "LibTorch, one token", std::string(kernels::choose_delta_rule(args).name), B, 1, heads, K, V};
        row.unit = "GB/s";
        const double difference = std::max(relative_difference(s.out, composed.out), relative_difference(s.last, composed.final_state));
        add(std::move(row), difference, 1e-4, 8.0 * static_cast<double>(B * heads * K * V), [&] { kernels::delta_rule(args); },
            [&] { static_cast<void>(s.composed()); });
    }

    void spectra(std::int64_t n, at::ScalarType type) {
        constexpr std::int64_t kStates = 64;
        Sequence s(1, kStates, 1, n, n);
        const at::Tensor states = captured(s).reshape({kStates, n, n}), theirs = states.to(type);
        const at::Tensor values = at::empty({kStates, n}, at::kDouble);
        const auto ours = [&] { static_cast<void>(kernels::singular_values({kStates, n, n, states.const_data_ptr<float>(), values.data_ptr<double>()})); };
        ours();
        const bool single = type == at::kFloat;
        KernelBenchRow row{"singular-values", single ? "svdvals, float32" : "svdvals, float64", std::string(kernels::singular_values_implementation()), kStates, 1, 1, n, n};
        row.unit = "GF/s";
        add(std::move(row), relative_difference(values, at::linalg_svdvals(theirs)), single ? 1e-5 : 1e-12, kStates * 8.0 / 3 * std::pow(static_cast<double>(n), 3), ours,
            [&] { static_cast<void>(at::linalg_svdvals(theirs)); });
    }

    // The states after every token [T, B, HV, K, V].
    static at::Tensor captured(const Sequence& s) {
        const at::Tensor states = at::empty({s.T, s.B, s.heads, s.K, s.V});
        capture(s, states);
        return states;
    }

    static void capture(const Sequence& s, const at::Tensor& states) {
        std::vector<std::int64_t> positions(static_cast<std::size_t>(s.T));
        std::iota(positions.begin(), positions.end(), 0);
        auto args = s.args();
        args.state_positions = positions;
        args.states = states.data_ptr<float>();
        kernels::delta_rule(args);
    }

    // At every token and head: the stable rank alone, or all singular values. The states that the baseline needs are made
    // before its time begins.
    void ranks(std::int64_t n, bool whole_spectrum) {
        constexpr std::int64_t kTokens = 64, kHeads = 2, kStates = kTokens * kHeads;
        const Sequence s(1, kTokens, kHeads, n, n);
        const at::Tensor given = captured(s).reshape({kStates, n, n});
        at::Tensor theirs = at::empty({kStates, n}), their_norms = at::empty({kStates, 2});
        const auto script = [&] {
            for (std::int64_t i = 0; i < kStates; ++i) {
                const at::Tensor state = given.select(0, i).clone();
                const at::Tensor sigma = at::linalg_svdvals(state);
                theirs.select(0, i).copy_(sigma);
                their_norms.data_ptr<float>()[2 * i] = at::norm(state).item<float>();
                their_norms.data_ptr<float>()[2 * i + 1] = sigma.const_data_ptr<float>()[0];
            }
        };
        script();
        KernelBenchRow row{whole_spectrum ? "spectrum" : "rank", "one svdvals a token and head", {}, 1, kTokens, kHeads, n, n};
        row.unit = "GF/s";
        if (whole_spectrum) {
            const at::Tensor states = at::empty({kTokens, 1, kHeads, n, n}), values = at::empty({kStates, n}, at::kDouble);
            const auto ours = [&] {
                capture(s, states);
                static_cast<void>(kernels::singular_values({kStates, n, n, states.const_data_ptr<float>(), values.data_ptr<double>()}));
            };
            ours();
            row.implementation = std::string(kernels::singular_values_implementation());
            add(std::move(row), relative_difference(values, theirs), 1e-5, flop(s) + kStates * 8.0 / 3 * std::pow(static_cast<double>(n), 3), ours, script);
            return;
        }
        std::vector<std::int64_t> positions(kTokens);
        std::iota(positions.begin(), positions.end(), 0);
        const at::Tensor norms = at::empty({kStates, 2});
        kernels::StateNormsArgs args;
        args.recurrence = s.args();
        args.recurrence.state_positions = positions;
        args.norms = norms.data_ptr<float>();
        kernels::state_norms(args);
        row.implementation = std::string(kernels::state_norms_implementations().front());
        // Each state by itself: the target is relative.
        const double difference = largest(norms / their_norms - 1);
        add(std::move(row), difference, 1e-4, flop(s), [&] { kernels::state_norms(args); }, script);
    }

    void cross_entropy(std::int64_t rows, std::int64_t width, std::int64_t vocabulary) {
        constexpr std::int64_t kRows = 256;
        const at::Tensor hidden = at::randn({rows, width}), weight = at::randn({vocabulary, width}) * 0.1, targets = at::randint(vocabulary, {rows}, at::kLong);
        const at::Tensor nll = at::empty({rows}), best = at::empty({rows}, at::kLong);
        kernels::CrossEntropyArgs<float, std::int64_t> args;
        args.rows = rows;
        args.width = width;
        args.vocabulary = vocabulary;
        args.hidden = hidden.const_data_ptr<float>();
        args.weight = weight.const_data_ptr<float>();
        args.targets = targets.const_data_ptr<std::int64_t>();
        args.nll = nll.data_ptr<float>();
        args.argmax = best.data_ptr<std::int64_t>();
        const auto ours = [&] { static_cast<void>(kernels::cross_entropy(args)); };
        const auto composed = [&] {
            std::vector<at::Tensor> losses;
            for (std::int64_t begin = 0; begin < rows; begin += kRows) {
                const std::int64_t count = std::min(kRows, rows - begin);
                const at::Tensor logits = at::linear(hidden.narrow(0, begin, count), weight), target = targets.narrow(0, begin, count);
                losses.push_back(at::logsumexp(logits, {1}) - logits.gather(1, target.unsqueeze(1)).squeeze(1));
                static_cast<void>(at::argmax(logits, 1));
            }
            return at::cat(losses, 0);
        };
        ours();
        KernelBenchRow row{"cross-entropy", "LibTorch, 256 rows of logits", std::string(kernels::cross_entropy_implementations().front()), 1, rows, 1, width, vocabulary};
        row.unit = "GF/s";
        add(std::move(row), relative_difference(nll, composed()), 1e-5, 2.0 * static_cast<double>(rows * width * vocabulary), ours,
            [&] { static_cast<void>(composed()); });
    }

    const KernelBenchRequest& request_;
    const Progress& progress_;
    KernelBenchResult result_;
    std::vector<std::function<void()>> rows_;
};

}  // namespace

KernelBenchResult bench_kernels(const KernelBenchRequest& request, const Progress& progress) {
    for (const std::string& name : request.operations) {
        if (std::ranges::find(kKernelBenchOperations, name) == std::end(kKernelBenchOperations)) {
            throw_usage("kernels to measure: found '" + printable(name, 40) + "', expected prefill, decode, singular-values, rank, spectrum or cross-entropy");
        }
    }
    return internal::translated([&] {
        const c10::InferenceMode guard;
        const int threads = request.threads > 0 ? request.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        static_cast<void>(internal::prepare_device({"cpu", "float32", threads}));
        at::manual_seed(request.seed);
        return Bench(request, progress).run();
    });
}

}  // namespace rankscope
