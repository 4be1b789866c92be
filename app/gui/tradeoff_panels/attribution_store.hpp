// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"
#include "core/protocol/methods.hpp"
#include "core/session/saved_session.hpp"

#include <QObject>
#include <QString>

#include <map>
#include <optional>

namespace rankscope::gui {

/// What the engine has said of pairs of plans: one layer of A replaced by B's at a time. Forgotten when model
/// or text change.
class AttributionStore : public QObject {
    Q_OBJECT

public:
    struct Entry {
        protocol::AttributionResult result;  ///< the layers so far; the whole difference only when finished
        bool running = false, finished = false;
        QString failure, hint;
    };

    explicit AttributionStore(Workspace workspace, QObject* parent = nullptr);

    /// Null where nobody asked yet.
    [[nodiscard]] const Entry* entry(const PlanChoice& a, const PlanChoice& b) const;

    /// Asks the engine; the ids are those of saved plans, or of the current one.
    void compute(const QString& idA, const PlanChoice& a, const QString& idB, const PlanChoice& b);

    /// Seconds that one evaluation of the text takes, from jobs that have ended; nothing while none has.
    [[nodiscard]] std::optional<double> secondsPerEvaluation() const;

Q_SIGNALS:
    void changed();

private:
    Workspace workspace_;
    std::map<QString, Entry> entries_;
    int generation_ = 0;
};

/// Layers in which two plans do not keep the same channels.
[[nodiscard]] QList<int> differingLayers(const PlanChoice& a, const PlanChoice& b);

}  // namespace rankscope::gui
