// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/state_source.hpp"

#include <QObject>

#include <cstdint>
#include <vector>

namespace rankscope::gui {

/// Singular values of a head after rows were removed from captured states, for a spectrum that is itself a
/// mean over many states: σᵢ of the spectrum times Σ after / Σ before over some of the states. So the curve
/// is what the removal does to the spectrum shown, also while few states were asked. One request at a time;
/// the latest wish wins.
class AfterPruning : public QObject {
    Q_OBJECT

public:
    explicit AfterPruning(StateSource& states, QObject* parent = nullptr);

    /// `shown`: the spectrum that is drawn. Asks the first of `keys`, and the others after it unless `quick`.
    void show(const std::vector<float>& shown, const std::vector<std::int32_t>& rows,
              const std::vector<StateKey>& keys, bool quick);
    /// No curve; answers that are under way are dropped.
    void clear();

    /// Up to `most` states of a head spread evenly over windows and positions, the middle one first.
    [[nodiscard]] static std::vector<StateKey> sample(const CaptureData& capture, int layer, int head,
                                                      int most);

    /// States that the curve is made of.
    [[nodiscard]] int stateCount() const { return static_cast<int>(next_); }

Q_SIGNALS:
    /// Falls short of the spectrum's length where rows are fewer; empty: none.
    void changed(const std::vector<float>& values);

private:
    void ask();
    void take(const StateKey& key, const std::vector<float>& after);

    StateSource& states_;
    std::vector<float> shown_;
    std::vector<std::int32_t> rows_;
    std::vector<StateKey> keys_;
    std::size_t next_ = 0;  // the key that is asked; those before are in the sums
    bool quick_ = false;
    std::vector<double> before_, after_;
};

}  // namespace rankscope::gui
