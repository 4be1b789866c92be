// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/state_source.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rankscope::gui {

/// Captured states out of a formula: S = Σ σᵢ uᵢ vᵢᵀ with cosine bases, so that its spectrum is the capture's. Answers at once
/// unless `hold` is set; then at release().
class FakeStates : public StateSource {
    Q_OBJECT

public:
    using StateSource::StateSource;

    void setCapture(std::shared_ptr<const CaptureData> capture);
    void open(const QString& path) override;
    void close() override;
    void requestState(const StateKey& key) override;
    void requestSpectrumAfter(const StateKey& key, const std::vector<std::int32_t>& keptRows) override;
    void release();

    [[nodiscard]] std::vector<float> state(const StateKey& key) const;

    bool hold = false;
    QString failTitle, failDetail;  ///< not empty: the next open() fails with it
    std::vector<std::string> calls;

private:
    std::vector<std::function<void()>> held_;
};

}  // namespace rankscope::gui
