// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/layer_panels/after_pruning.hpp"

#include "app/gui/layer_panels/layer_data.hpp"

#include <algorithm>

namespace rankscope::gui {

AfterPruning::AfterPruning(StateSource& states, QObject* parent) : QObject(parent), states_(states) {
    connect(&states_, &StateSource::spectrumAfterReady, this, &AfterPruning::take);
}

std::vector<StateKey> AfterPruning::sample(const CaptureData& capture, int layer, int head, int most) {
    const std::int64_t perWindow = std::ssize(capture.layout.state_positions);
    const std::int64_t total = capture.layout.states ? perWindow * capture.windows : 0;
    const std::int64_t count = std::min<std::int64_t>(total, most);
    std::vector<StateKey> keys;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t at = (2 * i + 1) * total / (2 * count);
        keys.push_back({layer, static_cast<int>(at / perWindow), static_cast<int>(at % perWindow), head});
    }
    std::rotate(keys.begin(), keys.begin() + count / 2, keys.end());
    return keys;
}

void AfterPruning::clear() {
    const bool had = !shown_.empty();
    shown_.clear();
    keys_.clear();
    next_ = 0;
    if (had) Q_EMIT changed({});
}

void AfterPruning::show(const std::vector<float>& shown, const std::vector<std::int32_t>& rows,
                        const std::vector<StateKey>& keys, bool quick) {
    if (shown.empty() || rows.empty() || keys.empty() || states_.capture() == nullptr) {
        clear();
        return;
    }
    // An answer that is still under way is about other rows: another state comes first, so that it is not
    // mistaken.
    const bool underWay = next_ < keys_.size() && (!quick_ || next_ == 0) && rows != rows_;
    const StateKey asked = underWay ? keys_[next_] : StateKey{-1, -1, -1, -1};
    shown_ = shown;
    rows_ = rows;
    keys_ = keys;
    if (keys_.front() == asked) std::rotate(keys_.begin(), keys_.begin() + 1, keys_.end());
    quick_ = quick;
    next_ = 0;
    before_.assign(shown.size(), 0);
    after_.assign(std::min(shown.size(), rows.size()), 0);
    ask();
}

void AfterPruning::ask() {
    // A copy: the answer may come before this returns, and starts the next one.
    const StateKey key = keys_[next_];
    states_.requestSpectrumAfter(key, rows_);
}

void AfterPruning::take(const StateKey& key, const std::vector<float>& after) {
    if (next_ >= keys_.size() || key != keys_[next_] || states_.capture() == nullptr) return;
    // An answer to an earlier question about the same state.
    if (after.size() != after_.size()) return;
    const CaptureData& capture = *states_.capture();
    const auto before =
        capture.spectrum(static_cast<std::size_t>(key.layer), key.window,
                         positionOfState(capture.layout, key.state), static_cast<std::size_t>(key.head));
    for (std::size_t i = 0; i < std::min(before.size(), before_.size()); ++i)
        before_[i] += before[i];
    for (std::size_t i = 0; i < after_.size(); ++i)
        after_[i] += after[i];
    ++next_;
    std::vector<float> values(after_.size(), 0.0F);
    for (std::size_t i = 0; i < values.size(); ++i) {
        // Rounding alone lets a removal raise a singular value.
        if (before_[i] > 0) values[i] = static_cast<float>(shown_[i] * std::min(1.0, after_[i] / before_[i]));
    }
    Q_EMIT changed(values);
    if (!quick_ && next_ < keys_.size()) ask();
}

}  // namespace rankscope::gui
