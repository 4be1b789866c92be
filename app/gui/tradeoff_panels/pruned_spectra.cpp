// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/pruned_spectra.hpp"

#include "core/base/error.hpp"
#include "core/spectra/singular_values.hpp"

#include <algorithm>

namespace rankscope::gui {
namespace {

std::vector<float> spectrumOf(const std::vector<float>& state, std::size_t columns,
                              const std::vector<std::int32_t>& rows) {
    std::vector<float> kept;
    kept.reserve(rows.size() * columns);
    for (const std::int32_t row : rows) {
        const auto begin = static_cast<std::size_t>(row) * columns;
        if (row < 0 || begin + columns > state.size()) return {};
        kept.insert(kept.end(), state.begin() + static_cast<std::ptrdiff_t>(begin),
                    state.begin() + static_cast<std::ptrdiff_t>(begin + columns));
    }
    std::vector<double> sigma(std::min(rows.size(), columns));
    try {
        singular_values(kept, 1, static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(columns),
                        sigma);
    } catch (const Error&) {
        // NaN or infinity in the state: there is no spectrum to show.
        return {};
    }
    return {sigma.begin(), sigma.end()};
}

}  // namespace

PrunedSpectra::PrunedSpectra(StateSource& states, QObject* parent) : QObject(parent), states_(states) {
    pool_.setMaxThreadCount(1);
    connect(&states_, &StateSource::stateReady, this,
            [this](const StateKey& key, const std::shared_ptr<const std::vector<float>>& state) {
                if (waiting_ && key == key_) {
                    waiting_ = false;
                    compute(state);
                }
            });
}

PrunedSpectra::~PrunedSpectra() {
    // What still computes answers to this object.
    pool_.clear();
    pool_.waitForDone();
}

void PrunedSpectra::request(const StateKey& key, std::vector<std::int32_t> rowsA,
                            std::vector<std::int32_t> rowsB) {
    ++generation_;
    key_ = key;
    rowsA_ = std::move(rowsA);
    rowsB_ = std::move(rowsB);
    waiting_ = true;
    states_.requestState(key);
}

void PrunedSpectra::cancel() {
    ++generation_;
    waiting_ = false;
}

void PrunedSpectra::compute(const std::shared_ptr<const std::vector<float>>& state) {
    const auto& capture = states_.capture();
    if (!capture || key_.layer < 0 || key_.layer >= std::ssize(capture->layout.layers)) return;
    const auto columns =
        static_cast<std::size_t>(capture->layout.layers[static_cast<std::size_t>(key_.layer)].value_dim);
    const int generation = generation_;
    pool_.clear();
    pool_.start([this, state, columns, generation, rowsA = rowsA_, rowsB = rowsB_] {
        std::vector<float> a = rowsA.empty() ? std::vector<float>{} : spectrumOf(*state, columns, rowsA);
        std::vector<float> b = rowsB.empty() ? std::vector<float>{} : spectrumOf(*state, columns, rowsB);
        QMetaObject::invokeMethod(
            this,
            [this, generation, a = std::move(a), b = std::move(b)] {
                if (generation == generation_) Q_EMIT ready(a, b);
            },
            Qt::QueuedConnection);
    });
}

}  // namespace rankscope::gui
