// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_control.hpp"
#include "app/gui/client/engine_jobs.hpp"
#include "app/gui/client/plan_maker.hpp"

#include <QObject>

#include <vector>

namespace rankscope::gui {

class Document;

/// What is measured on demand: sweeps, speed, noise, where a difference comes from; and what is written,
/// captures and exports. Results go into the document.
class Measurements : public QObject {
    Q_OBJECT

public:
    using Done = EngineControl::Done;

    Measurements(Document& document, EngineJobs& jobs, PlanMaker& maker, QObject* parent = nullptr);

    void sweep(const QStringList& methods, const std::vector<double>& ratios);
    void layerSweep();
    std::int64_t benchmark(const BenchmarkRequest& request, EngineControl::Benchmark result, Done done);
    void noise(const std::vector<double>& levels);
    void capture(const protocol::CaptureJobRequest& request, Done done);
    void makePlan(const PlanChoice& choice, EngineControl::MadePlan result, Done done);
    void exportModel(const QString& folder, const QString& layout, bool force, Done done);
    void attribution(const PlanChoice& a, const PlanChoice& b, EngineControl::Attribution partial, Done done);

private:
    [[nodiscard]] protocol::SweepRequest sweepRequest(const QStringList& methods,
                                                      const std::vector<double>& ratios) const;
    void addPoint(const protocol::SweepPoint& point);
    void takeSpeeds(const protocol::BenchJobResult& result, const std::vector<PlanChoice>& choices);

    Document& document_;
    EngineJobs& jobs_;
    PlanMaker& maker_;
};

}  // namespace rankscope::gui
