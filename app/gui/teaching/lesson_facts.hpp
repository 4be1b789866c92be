// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"

#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace rankscope::gui {

struct CaptureData;

/// What tours and lectures may say and ask of the open session. Files name plans and layers by the part they
/// play ("half", "dearest") and numbers by name ("half.delta"), so that one file tells the truth on every
/// session; what a session does not know has no value here.
class LessonFacts {
public:
    /// A picture of now: results that come later need another one.
    explicit LessonFacts(const Workspace& workspace);

    /// Everything a text may name, for checks of files.
    [[nodiscard]] static const QStringList& names();
    [[nodiscard]] static const QStringList& conditions();
    [[nodiscard]] static const QStringList& planRoles();
    [[nodiscard]] static const QStringList& layerRoles();

    /// As people read it; nothing while it is not known.
    [[nodiscard]] std::optional<QString> text(const QString& name) const;
    /// `!` in front turns a condition round; the empty one always holds.
    [[nodiscard]] bool holds(const QString& condition) const;

    /// Id as planFacts know it; empty: nobody plays this part.
    [[nodiscard]] QString plan(const QString& role) const { return plans_.value(role); }

    [[nodiscard]] std::optional<int> layer(const QString& role) const;

    /// A layer alone with half of its channels, by the method of "half".
    struct LayerCost {
        int layer = 0;
        double deltaNll = 0;
        double error = 0;  ///< 0: not known
    };

    /// Ascending by layer; empty unless the sweep covers every layer that has a state.
    [[nodiscard]] const QList<LayerCost>& layerCosts() const { return costs_; }

    /// The head with the highest stable rank: where there is most to see.
    struct Probe {
        int layer = -1, head = -1;
        double at99 = 0, at99Spread = 0;
        int directions = 0;  ///< min(K, V)
    };

    [[nodiscard]] const std::optional<Probe>& probe() const { return probe_; }

    /// The head of a layer with the highest stable rank; 0 without a capture of it.
    [[nodiscard]] int headOf(int layer) const { return heads_.value(layer); }

    /// Uniform measured plan of a method with as large a state as "half"; empty: there is none.
    [[nodiscard]] QString sameSize(const QString& method) const;

    /// Differences below so many standard errors are none.
    static constexpr double kSure = 2;

private:
    /// The open capture if it is one of the open model.
    [[nodiscard]] const CaptureData* capture() const;
    void findPlans();
    void findLayers();
    void findProbe();
    void describeModel();
    void describePlan(const QString& role);
    void describeLayer(const QString& role, int layer);
    void describeKeptEnergy();
    void put(const QString& name, const QString& text);

    Workspace workspace_;
    QHash<QString, QString> plans_;  // role → id
    QHash<QString, int> layers_;
    QHash<QString, QString> texts_;
    QList<LayerCost> costs_;
    QHash<int, double> ranks_;  // stable, mean over heads
    QHash<int, int> heads_;     // of each layer, with the highest
    std::optional<Probe> probe_;
    bool oneDearest_ = false;
};

/// `+1.14 ± 0.11`; without a known error no ±.
[[nodiscard]] QString deltaText(const PlanFacts& facts);

}  // namespace rankscope::gui
