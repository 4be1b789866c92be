// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/state_source.hpp"

#include <QObject>
#include <QThreadPool>

#include <cstdint>
#include <memory>
#include <vector>

namespace rankscope::gui {

/// Singular values of one captured state under two choices of rows. Works beside the window: answers come by
/// signal, and a request that is overtaken by another stays without one.
class PrunedSpectra : public QObject {
    Q_OBJECT

public:
    explicit PrunedSpectra(StateSource& states, QObject* parent = nullptr);
    ~PrunedSpectra() override;

    /// Rows of the captured state, ascending; empty: nothing to compute for that side.
    void request(const StateKey& key, std::vector<std::int32_t> rowsA, std::vector<std::int32_t> rowsB);
    void cancel();

Q_SIGNALS:
    void ready(const std::vector<float>& sigmaA, const std::vector<float>& sigmaB);

private:
    void compute(const std::shared_ptr<const std::vector<float>>& state);

    StateSource& states_;
    QThreadPool pool_;
    StateKey key_;
    std::vector<std::int32_t> rowsA_, rowsB_;
    bool waiting_ = false;
    int generation_ = 0;
};

}  // namespace rankscope::gui
