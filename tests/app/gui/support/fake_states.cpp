// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/gui/support/fake_states.hpp"

#include "core/spectra/singular_values.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rankscope::gui {

void FakeStates::setCapture(std::shared_ptr<const CaptureData> capture) {
    capture_ = std::move(capture);
    if (capture_) {
        Q_EMIT opened();
    } else {
        Q_EMIT closed();
    }
}

void FakeStates::open(const QString& path) {
    calls.push_back("open " + path.toStdString());
    Q_EMIT opening(path);
    if (!failTitle.isEmpty()) {
        Q_EMIT failed(failTitle, failDetail);
        return;
    }
    if (capture_) Q_EMIT opened();
}

void FakeStates::close() {
    setCapture(nullptr);
}

std::vector<float> FakeStates::state(const StateKey& key) const {
    const CaptureLayer& layer = capture_->layout.layers[static_cast<std::size_t>(key.layer)];
    const auto position = capture_->nearestPosition(capture_->layout.state_positions[static_cast<std::size_t>(key.state)]);
    const auto sigma = capture_->spectrum(static_cast<std::size_t>(key.layer), key.window, position, static_cast<std::size_t>(key.head));
    const auto rows = static_cast<std::size_t>(layer.key_dim), columns = static_cast<std::size_t>(layer.value_dim);
    std::vector<float> result(rows * columns, 0.0F);
    const auto basis = [](std::size_t i, std::size_t x, std::size_t n) {
        return std::sqrt((i == 0 ? 1.0 : 2.0) / static_cast<double>(n)) * std::cos(std::numbers::pi * static_cast<double>(i) * (2.0 * static_cast<double>(x) + 1) / (2.0 * static_cast<double>(n)));
    };
    for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < columns; ++c) {
            double sum = 0;
            for (std::size_t i = 0; i < sigma.size(); ++i) sum += sigma[i] * basis(i, r, rows) * basis(i, c, columns);
            result[r * columns + c] = static_cast<float>(sum);
        }
    }
    return result;
}

void FakeStates::requestState(const StateKey& key) {
    calls.push_back("state");
    const auto answer = [this, key] { Q_EMIT stateReady(key, std::make_shared<const std::vector<float>>(state(key))); };
    if (hold) {
        held_.push_back(answer);
    } else {
        answer();
    }
}

void FakeStates::requestSpectrumAfter(const StateKey& key, const std::vector<std::int32_t>& keptRows) {
    calls.push_back("spectrum after");
    const auto answer = [this, key, keptRows] {
        const std::vector<float> all = state(key);
        const auto columns = static_cast<std::size_t>(capture_->layout.layers[static_cast<std::size_t>(key.layer)].value_dim);
        std::vector<float> kept;
        for (const std::int32_t row : keptRows) kept.insert(kept.end(), all.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(row) * columns), all.begin() + static_cast<std::ptrdiff_t>((static_cast<std::size_t>(row) + 1) * columns));
        std::vector<double> sigma(std::min(keptRows.size(), columns));
        singular_values(kept, 1, static_cast<std::int64_t>(keptRows.size()), static_cast<std::int64_t>(columns), sigma);
        Q_EMIT spectrumAfterReady(key, std::vector<float>(sigma.begin(), sigma.end()));
    };
    if (hold) {
        held_.push_back(answer);
    } else {
        answer();
    }
}

void FakeStates::release() {
    const auto held = std::move(held_);
    held_.clear();
    for (const auto& answer : held) answer();
}

}  // namespace rankscope::gui
