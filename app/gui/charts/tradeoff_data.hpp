// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/marker.hpp"

#include <QList>
#include <QString>

#include <limits>

namespace rankscope::gui {

/// What a plan costs and gives. NaN: unknown.
struct TradeoffDot {
    static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

    QString id;  ///< unique, not empty
    QString name;
    Method method = Method::Drrqr;  ///< FullModel: the reference, once
    QString methodText;  ///< name of a method that has no marker of its own; empty: that of `method`
    PlanState state = PlanState::Exact;
    double fraction = 1;              ///< share of windows done while measuring
    double quality = kUnknown;        ///< perplexity, or what qualityTitle says
    double standardError = kUnknown;  ///< whisker: of the paired difference to the full model
    double delta = kUnknown;          ///< paired difference to the full model
    double stateKib = kUnknown;       ///< recurrent state per sequence
    double decodeSpeed = kUnknown;    ///< tokens/s
    double prefillSpeed = kUnknown;   ///< tokens/s
    double parameters = kUnknown;     ///< count
    bool otherRun = false;   ///< timed in another benchmark run than the full model: on no axis of speed
    bool uniform = false;    ///< of a sweep with one ratio for all layers: joined by the method's line
    bool recovered = false;  ///< trained after pruning
    QString recoveredFrom;   ///< id of the plan before: an arrow comes from it
    QString provenance;      ///< "measured 14:02", "from sweep"
};

/// A dot that is dragged out of the chart: its id as UTF-8.
inline constexpr const char* kPointMimeType = "application/x-rankscope-point";

enum class TradeoffX { StateSize, DecodeSpeed, PrefillSpeed, Parameters };

struct TradeoffData {
    QList<TradeoffDot> dots;
    TradeoffX x = TradeoffX::StateSize;
    QString qualityTitle = QStringLiteral("perplexity");
    bool lowerIsBetter = true;  ///< false: recall
    QString current;            ///< id: accent ring
    QString selected;           ///< id
    QString pinA;               ///< id: ink disc
    QString pinB;               ///< id: ink ring
    bool hideCurrent = false;   ///< a question is open: a dashed line at its size stands for the dot
    bool front = true;          ///< false: no Pareto front, since dots were left out
};

/// Ids of the dots no other dot beats in both directions, in the order of their line. Exact dots alone,
/// recovered or not as asked.
[[nodiscard]] QList<QString> paretoFront(const TradeoffData& data, bool recovered);

/// What the method of a dot is called.
[[nodiscard]] QString methodNameOf(const TradeoffDot& dot);

/// Value of a dot on the chosen axis, in the axis' unit (parameters in millions). Speeds of other runs have none: machines are not
/// equally fast every day.
[[nodiscard]] double tradeoffX(const TradeoffDot& dot, TradeoffX x);

}  // namespace rankscope::gui
