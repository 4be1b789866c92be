// SPDX-License-Identifier: Apache-2.0
#include "core/evaluation/live_evaluation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <list>
#include <numbers>

#include <fmt/format.h>

#include "core/base/remaining.hpp"
#include "core/evaluation/batches.hpp"
#include "core/evaluation/layer_inputs.hpp"
#include "core/evaluation/plan_runner.hpp"
#include "core/evaluation/window_scores.hpp"

namespace rankscope {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRememberedPlans = 64;

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}


// Scores of one variant; batches fill up in any order.
struct Variant {
    std::shared_ptr<const Selections> selections;
    WindowScores scores;
    std::vector<bool> done;  // [batch]
    double seconds = 0;

    [[nodiscard]] bool complete() const { return std::all_of(done.begin(), done.end(), [](bool d) { return d; }); }
};

class Live final : public LiveEvaluation {
public:
    Live(const Model& model, std::int64_t full_parameters, TokenWindows windows, const LiveOptions& options)
        : model_(model), full_parameters_(full_parameters), windows_(std::move(windows)), options_(options),
          batches_(make_batches(windows_.rows, options.batch_tokens)), full_(variant(nullptr)) {
        if (options_.cache_bytes == 0) options_.cache_bytes = model.free_memory() / 4;
    }

    EvaluateResult evaluate(const std::vector<PlanFile>& plans, bool remember, const OnPartial& partial, const Progress& progress) override {
        const auto began = Clock::now();
        std::vector<std::shared_ptr<Variant>> variants;
        for (const PlanFile& file : plans) variants.push_back(variant_of(file.plan));
        Count count{began, 0, static_cast<double>(batches_.size() * std::max<std::size_t>(plans.size(), 1))};
        for (std::size_t i = 0; i < variants.size(); ++i) {
            for (std::size_t b = 0; b < batches_.size(); ++b) {
                // The full model goes along, so that the first difference is there after the first window.
                const bool known = variants[i]->done[b];
                const int runs = (full_->done[b] ? 0 : 1) + (known ? 0 : 1);
                run(*full_, b, true, progress, count.within(progress, 0, runs));
                run(*variants[i], b, remember, progress, count.within(progress, runs - 1, runs));
                count.step(progress);
                if (partial && (!known || b + 1 == batches_.size())) partial(partial_of(i, plans[i], *variants[i]));
            }
        }
        if (variants.empty()) {
            for (std::size_t b = 0; b < batches_.size(); ++b) {
                run(*full_, b, true, progress, count.within(progress, 0, 1));
                count.step(progress);
                if (partial) partial(full_partial());
            }
        }
        return result(plans, variants, since(began));
    }

    PlanDifference difference(const Plan& a, const Plan& b, const Progress& progress) override {
        const auto first = variant_of(a), second = variant_of(b);
        Count count{Clock::now(), 0, static_cast<double>(2 * batches_.size())};
        for (const auto& variant : {first, second}) {
            for (std::size_t i = 0; i < batches_.size(); ++i) {
                run(*variant, i, variant == first, progress, count.within(progress, 0, 1));
                count.step(progress);
            }
        }
        const BlockMean mean = second->scores.difference(first->scores);
        return {mean.mean, mean.se};
    }

    [[nodiscard]] std::vector<std::int64_t> differing_layers(const Plan& a, const Plan& b) const override {
        const auto first = selections_of(model_.config(), &a), second = selections_of(model_.config(), &b);
        std::vector<std::int64_t> out;
        for (std::size_t l = 0; l < first.size(); ++l) {
            if (first[l].keep != second[l].keep || first[l].scale != second[l].scale) out.push_back(static_cast<std::int64_t>(l));
        }
        return out;
    }

    [[nodiscard]] LiveMemory memory() const override {
        return {options_.cache_bytes, cache_ ? cache_->held_bytes() : 0, cache_ ? cache_->every() : 0};
    }

    [[nodiscard]] const TokenWindows& windows() const override { return windows_; }

private:
    using AfterLayer = std::function<void(double)>;  // hears the share of the layers that have been run

    struct Count {
        Clock::time_point began;
        double done, total;

        void step(const Progress& progress) {
            ++done;
            show(progress, done);
        }

        void show(const Progress& progress, double now) const {
            const double passed = since(began);
            progress.update({now, total, "batches", remaining_seconds(passed, now, total), {}});
        }

        // A batch of a large model takes many seconds: told after every layer. For the one of `runs` runs of this batch.
        [[nodiscard]] AfterLayer within(const Progress& progress, int before, int runs) const {
            return [this, &progress, before, runs](double share) { show(progress, done + (before + share) / runs); };
        }
    };

    std::shared_ptr<Variant> variant(const Plan* plan) const {
        auto selections = std::make_shared<const Selections>(selections_of(model_.config(), plan));
        return std::make_shared<Variant>(Variant{std::move(selections), WindowScores(windows_.rows.size()), std::vector<bool>(batches_.size()), 0});
    }

    // The scores that are already there, of the full model too: a plan may change nothing.
    std::shared_ptr<Variant> variant_of(const Plan& plan) {
        auto fresh = variant(&plan);
        const std::size_t layers = fresh->selections->size();
        if (shared_layers(*fresh->selections, *full_->selections) == layers) return full_;
        const auto known = std::find_if(remembered_.begin(), remembered_.end(), [&](const auto& entry) {
            return shared_layers(*fresh->selections, *entry->selections) == layers;
        });
        if (known != remembered_.end()) {
            remembered_.splice(remembered_.begin(), remembered_, known);
        } else {
            remembered_.push_front(std::move(fresh));
            if (remembered_.size() > kRememberedPlans) remembered_.pop_back();
        }
        return remembered_.front();
    }

    void run(Variant& variant, std::size_t b, bool remember, const Progress& progress, const AfterLayer& after_layer) {
        if (variant.done[b]) return;
        progress.check();
        const auto began = Clock::now();
        const auto whole = [&] {
            const std::span ids(windows_.rows.data() + batches_[b].first, batches_[b].count);
            const Hidden last = last_hidden(variant, b, ids, remember, progress, after_layer);
            progress.check();
            store(variant, model_.score(last, ids), batches_[b].first);
        };
        bool fits = fits_in_memory(whole);
        while (!fits && shrink_cache(progress)) fits = fits_in_memory(whole);
        if (!fits) {
            for_each_batch(std::span(&batches_[b], 1), progress, [&](const Batch& part) { run_alone(variant, part, progress); });
        }
        variant.done[b] = true;
        variant.seconds += since(began);
    }

    // Layer inputs are the first to go where memory runs out. False when none were kept.
    bool shrink_cache(const Progress& progress) {
        if (!cache_ || cache_->every() == 0) return false;
        options_.cache_bytes = std::max<std::int64_t>(1, std::min(options_.cache_bytes, cache_->held_bytes()) / 2);
        cache_.reset();
        progress.warning(fmt::format("memory ran out: layer inputs kept for live evaluation now take at most {} MB",
                                     (options_.cache_bytes + 500'000) / 1'000'000));
        return true;
    }

    // Windows of one batch, keeping nothing.
    void run_alone(Variant& variant, const Batch& part, const Progress& progress) const {
        const std::span ids(windows_.rows.data() + part.first, part.count);
        Hidden hidden = model_.embed(ids);
        for (std::size_t l = 0; l < variant.selections->size(); ++l) {
            progress.check();
            hidden = run_layer(l, hidden, *variant.selections);
        }
        store(variant, model_.score(hidden, ids), part.first);
    }

    [[nodiscard]] Hidden run_layer(std::size_t layer, const Hidden& input, const Selections& selections) const {
        RunOptions options;
        const LayerSelection& selection = selections[layer];
        if (!selection.keep.empty() || selection.scale != 0) options.selection = &selection;
        return model_.run_layer(static_cast<std::int64_t>(layer), input, options);
    }

    Hidden last_hidden(const Variant& variant, std::size_t b, std::span<const std::vector<std::int32_t>> ids, bool remember, const Progress& progress,
                       const AfterLayer& after_layer) {
        const std::size_t layers = variant.selections->size();
        LayerInputCache::Start start;
        if (cache_) start = cache_->start(b, *variant.selections);
        Hidden hidden = start.input ? start.input : model_.embed(ids);
        if (!cache_) {
            const std::int64_t per_token = hidden.bytes() / static_cast<std::int64_t>(ids.size() * ids.front().size());
            cache_.emplace(batches_.size(), layers, per_token * windows_.tokens(), options_.cache_bytes);
        }
        std::vector<Hidden> inputs = cache_->known(b, *variant.selections, start.layer);
        for (std::size_t l = start.layer; l < layers; ++l) {
            progress.check();
            if (cache_->keeps(l)) inputs[l] = hidden;
            hidden = run_layer(l, hidden, *variant.selections);
            // The head costs about as much as a layer.
            after_layer(static_cast<double>(l + 1 - start.layer) / static_cast<double>(layers + 1 - start.layer));
        }
        if (&variant == full_.get()) {
            cache_->store_full(b, {variant.selections, std::move(inputs)});
        } else if (remember) {
            cache_->store_last(b, {variant.selections, std::move(inputs)});
        }
        return hidden;
    }

    static void store(Variant& variant, const TokenScores& scores, std::size_t first) {
        const auto row = static_cast<std::ptrdiff_t>(scores.T - 1);
        for (std::ptrdiff_t b = 0; b < static_cast<std::ptrdiff_t>(scores.B); ++b) {
            const auto nll = scores.nll.begin() + b * row;
            const auto correct = scores.correct.begin() + b * row;
            variant.scores.set(first + static_cast<std::size_t>(b), {nll, nll + row}, {correct, correct + row});
        }
    }

    [[nodiscard]] PlanEvaluation evaluation(const PlanFile& file, const Variant& variant, const std::vector<AnswerSpan>& answers) const {
        PlanEvaluation out;
        out.path = file.path;
        out.value = variant.scores.perplexity(answers);
        const BlockMean delta = variant.scores.difference(full_->scores);
        out.delta_nll = delta.mean;
        out.delta_nll_se = delta.se;
        out.state_bytes = state_bytes(file.plan, model_.config());
        out.parameters = full_parameters_ - removed_parameters(file.plan, model_.config());
        out.seconds = variant.seconds;
        return out;
    }

    [[nodiscard]] LivePartial full_partial() const {
        LivePartial out;
        out.full = true;
        for (std::size_t b = 0; b < batches_.size(); ++b) out.windows += full_->done[b] ? static_cast<std::int64_t>(batches_[b].count) : 0;
        out.windows_total = std::ssize(windows_.rows);
        out.tokens = full_->scores.tokens();
        out.baseline = out.value.value = full_->scores.perplexity({});
        out.value.state_bytes = model_.config().state_bytes();
        out.value.parameters = full_parameters_;
        return out;
    }

    [[nodiscard]] LivePartial partial_of(std::size_t number, const PlanFile& file, const Variant& variant) const {
        LivePartial out;
        out.plan = number;
        // The full model on the windows of this plan, not on all that it has done.
        WindowScores baseline(windows_.rows.size());
        for (std::size_t b = 0; b < batches_.size(); ++b) {
            if (!variant.done[b]) continue;
            out.windows += static_cast<std::int64_t>(batches_[b].count);
            for (std::size_t w = batches_[b].first; w < batches_[b].first + batches_[b].count; ++w) baseline.copy(w, full_->scores);
        }
        out.windows_total = std::ssize(windows_.rows);
        out.tokens = variant.scores.tokens();
        out.value = evaluation(file, variant, {});
        out.baseline = baseline.perplexity({});
        return out;
    }

    [[nodiscard]] EvaluateResult result(const std::vector<PlanFile>& plans, const std::vector<std::shared_ptr<Variant>>& variants, double seconds) const {
        EvaluateResult out;
        out.tokens = full_->scores.tokens();
        out.windows = std::ssize(windows_.rows);
        out.baseline = full_->scores.perplexity(windows_.answers);
        out.baseline_state_bytes = model_.config().state_bytes();
        out.baseline_parameters = full_parameters_;
        if (windows_.scored_bytes > 0) {
            out.bits_per_byte = full_->scores.total_nll() / std::numbers::ln2 / static_cast<double>(windows_.scored_bytes);
        }
        for (std::size_t i = 0; i < plans.size(); ++i) out.plans.push_back(evaluation(plans[i], *variants[i], windows_.answers));
        out.seconds = seconds;
        return out;
    }

    const Model& model_;
    std::int64_t full_parameters_;
    TokenWindows windows_;
    LiveOptions options_;
    std::vector<Batch> batches_;
    std::shared_ptr<Variant> full_;
    std::list<std::shared_ptr<Variant>> remembered_;  // the one used last in front
    std::optional<LayerInputCache> cache_;
};

}  // namespace

std::unique_ptr<LiveEvaluation> make_live_evaluation(const Model& model, std::int64_t full_parameters, TokenWindows windows, const LiveOptions& options) {
    return std::make_unique<Live>(model, full_parameters, std::move(windows), options);
}

}  // namespace rankscope
