// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/measurements.hpp"

#include "app/gui/client/results.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/plan_record.hpp"
#include "core/base/error.hpp"

#include <QDateTime>
#include <QFileInfo>
#include <QSet>
#include <QUuid>

#include <algorithm>

namespace rankscope::gui {
namespace {

// Widths between which the cost of one layer is interpolated.
constexpr double kLayerRatios[] = {0.25, 0.5, 0.75, 0.875};

std::string timeNow() {
    return QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString();
}

EngineJobs::Failed tell(const Measurements::Done& done) {
    return [done](const JobFailure& failure) {
        if (!done) return;
        const bool cancelled = failure.reason == JobFailure::Reason::Cancelled || failure.message.isEmpty();
        done(cancelled ? EngineControl::cancelledText() : failure.message,
             cancelled ? QString() : failure.hint);
    };
}

template <class Result>
Result parsed(const protocol::Value& value, const char* method) {
    return protocol::parse<Result>(value, method);
}

}  // namespace

Measurements::Measurements(Document& document, EngineJobs& jobs, PlanMaker& maker, QObject* parent)
    : QObject(parent), document_(document), jobs_(jobs), maker_(maker) {}

protocol::SweepRequest Measurements::sweepRequest(const QStringList& methods,
                                                  const std::vector<double>& ratios) const {
    protocol::SweepRequest request;
    for (const QString& method : methods)
        request.methods.push_back(method.toStdString());
    request.ratios = ratios;
    request.calibration = results::calibration(document_.calibration(), document_.calibrationTokens());
    request.seed = document_.seed();
    return request;
}

void Measurements::addPoint(const protocol::SweepPoint& point) {
    const Plan plan = results::plan(point.plan, document_.config(), document_.model().hash);
    SavedPlan saved;
    saved.choice = results::choice(plan, document_.config());
    saved.uniform = true;
    if (planMethod(saved.choice) == Method::FullModel) return;
    saved.choice.name = defaultPlanName(saved.choice).toStdString();
    saved.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    const PlanRecord* known = document_.record(saved.choice);
    PlanRecord record = known != nullptr ? *known : PlanRecord();
    record.state = PlanState::Exact;
    record.quality = results::quality(point.value);
    record.plan = plan;
    record.failure.clear();
    document_.setExactChannels(plan);
    document_.addMeasuredPoint(saved, record);
}

void Measurements::sweep(const QStringList& methods, const std::vector<double>& ratios) {
    const std::int64_t job = jobs_.begin(
        tr("Sweep %1 × %2 plans").arg(methods.size()).arg(static_cast<qulonglong>(ratios.size())));
    // Each once, though the result repeats those of the partials.
    const auto seen = std::make_shared<QSet<QString>>();
    const auto take = [this, seen,
                       asked = document_.calibration()](const std::vector<protocol::SweepPoint>& points) {
        if (document_.calibration() != asked) return;
        for (const protocol::SweepPoint& point : points) {
            const QString name =
                QStringLiteral("%1 %2").arg(QString::fromStdString(point.method)).arg(point.ratio);
            if (seen->contains(name)) continue;
            seen->insert(name);
            addPoint(point);
        }
    };
    EngineJobs::Handlers handlers;
    handlers.partial = [take](const protocol::Value& value) {
        take(parsed<protocol::SweepPartial>(value, "sweep").points);
    };
    handlers.finished = [this, take](const protocol::Value& value) {
        const auto result = parsed<protocol::SweepResult>(value, "sweep");
        document_.setFullQuality(results::quality(result.baseline));
        take(result.points);
    };
    jobs_.run(job, "sweep", protocol::to_value(sweepRequest(methods, ratios)), std::move(handlers));
}

void Measurements::layerSweep() {
    QStringList methods;
    for (const LayerChoice& layer : document_.plan().layers) {
        const QString method = QString::fromStdString(layer.method);
        if (!method.isEmpty() && !methods.contains(method)) methods.append(method);
    }
    if (methods.isEmpty()) methods.append(QStringLiteral("drrqr"));
    const std::vector<double> ratios(std::begin(kLayerRatios), std::end(kLayerRatios));
    const std::int64_t job = jobs_.begin(tr("Sweep every layer alone"));
    const auto take = [this,
                       asked = document_.calibration()](const std::vector<protocol::SweepPoint>& points) {
        if (document_.calibration() != asked) return;
        std::vector<LayerSweepPoint> layers;
        for (const protocol::SweepPoint& point : points)
            layers.push_back(results::layerPoint(point));
        if (!layers.empty()) document_.addLayerSweep(layers);
    };
    EngineJobs::Handlers handlers;
    handlers.partial = [take](const protocol::Value& value) {
        take(parsed<protocol::SweepPartial>(value, "layer_sweep").points);
    };
    handlers.finished = [this, take](const protocol::Value& value) {
        const auto result = parsed<protocol::SweepResult>(value, "layer_sweep");
        document_.setFullQuality(results::quality(result.baseline));
        take(result.points);
    };
    jobs_.run(job, "layer_sweep", protocol::to_value(sweepRequest(methods, ratios)), std::move(handlers));
}

std::int64_t Measurements::benchmark(const BenchmarkRequest& request, EngineControl::Benchmark result,
                                     Done done) {
    const std::vector<PlanChoice>& choices = request.plans;
    const std::int64_t job =
        jobs_.begin(choices.empty()       ? tr("Benchmark the full model")
                    : choices.size() == 1 ? tr("Benchmark 1 plan and the full model")
                                          : tr("Benchmark %1 plans and the full model").arg(choices.size()),
                    tell(done));
    maker_.make(choices, job, [this, job, request, result, done](const std::vector<Plan>& plans) {
        protocol::BenchJobRequest bench;
        for (std::size_t i = 0; i < plans.size(); ++i)
            bench.plans.push_back({std::to_string(i), to_json(plans[i])});
        bench.lengths = request.lengths;
        bench.batch = request.batch;
        bench.repeats = request.repeats;
        bench.decode_tokens = request.decodeTokens;
        bench.seed = document_.seed();
        EngineJobs::Handlers handlers;
        handlers.finished = [this, choices = request.plans, result, done](const protocol::Value& value) {
            const auto measured = parsed<protocol::BenchJobResult>(value, "bench");
            takeSpeeds(measured, choices);
            if (result) result(measured);
            if (done) done({}, {});
        };
        jobs_.run(job, "bench", protocol::to_value(bench), std::move(handlers));
    });
    return job;
}

void Measurements::takeSpeeds(const protocol::BenchJobResult& result,
                              const std::vector<PlanChoice>& choices) {
    const std::string time = timeNow();
    document_.setFullSpeed(results::speed(result, {}, time));
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const MeasuredSpeed speed = results::speed(result, std::to_string(i), time);
        document_.updateRecord(choices[i], [&](PlanRecord& record) { record.speed = speed; });
    }
}

void Measurements::noise(const std::vector<double>& levels) {
    std::vector<PlanChoice> choices;
    std::vector<std::string> ids;
    const auto add = [&](const SavedPlan* point) {
        if (point == nullptr || planMethod(point->choice) == Method::FullModel) return;
        const std::string id = point->id.toStdString();
        if (std::ranges::find(ids, id) != ids.end()) return;
        ids.push_back(id);
        choices.push_back(point->choice);
    };
    add(document_.currentPoint());
    add(document_.point(document_.state().pinA));
    add(document_.point(document_.state().pinB));
    const std::int64_t job = jobs_.begin(tr("Query noise"));
    maker_.make(choices, job, [this, job, ids, levels](const std::vector<Plan>& plans) {
        protocol::NoiseJobRequest request;
        for (std::size_t i = 0; i < plans.size(); ++i)
            request.plans.push_back({ids[i], to_json(plans[i])});
        if (!levels.empty()) request.levels = levels;
        request.seed = document_.seed();
        EngineJobs::Handlers handlers;
        handlers.finished = [this](const protocol::Value& value) {
            document_.setNoise(results::noise(parsed<protocol::NoiseJobResult>(value, "noise")));
        };
        jobs_.run(job, "noise", protocol::to_value(request), std::move(handlers));
    });
}

void Measurements::capture(const protocol::CaptureJobRequest& request, Done done) {
    const QString name = QFileInfo(QString::fromStdString(request.output)).fileName();
    const std::int64_t job = jobs_.begin(tr("Capture %1").arg(name), tell(done));
    EngineJobs::Handlers handlers;
    handlers.finished = [done](const protocol::Value& value) {
        (void)parsed<protocol::CaptureJobResult>(value, "capture");
        if (done) done({}, {});
    };
    jobs_.run(job, "capture", protocol::to_value(request), std::move(handlers));
}

void Measurements::makePlan(const PlanChoice& choice, EngineControl::MadePlan result, Done done) {
    const std::int64_t job =
        jobs_.begin(tr("Channels of %1").arg(QString::fromStdString(choice.name)), tell(done));
    maker_.make({choice}, job, [this, job, result = std::move(result), done](const std::vector<Plan>& plans) {
        jobs_.finish(job);
        if (result) result(plans.front());
        if (done) done({}, {});
    });
}

void Measurements::exportModel(const QString& folder, const QString& layout, bool force, Done done) {
    const std::int64_t job = jobs_.begin(tr("Export %1").arg(QFileInfo(folder).fileName()), tell(done));
    maker_.make({document_.plan()}, job,
                [this, job, folder, layout, force, done](const std::vector<Plan>& plans) {
                    protocol::ExportRequest request;
                    request.plan = to_json(plans.front());
                    request.output = folder.toStdString();
                    request.layout = layout.isEmpty() ? "auto" : layout.toStdString();
                    request.force = force;
                    EngineJobs::Handlers handlers;
                    handlers.finished = [done](const protocol::Value& value) {
                        (void)parsed<protocol::ExportJobResult>(value, "export");
                        if (done) done({}, {});
                    };
                    jobs_.run(job, "export", protocol::to_value(request), std::move(handlers));
                });
}

void Measurements::attribution(const PlanChoice& a, const PlanChoice& b, EngineControl::Attribution partial,
                               Done done) {
    const std::int64_t job = jobs_.begin(tr("Where the difference comes from"), tell(done));
    maker_.make({a, b}, job, [this, job, partial = std::move(partial), done](const std::vector<Plan>& plans) {
        // The parts of it come one by one, the caller wants all so far.
        const auto sofar = std::make_shared<protocol::AttributionResult>();
        EngineJobs::Handlers handlers;
        handlers.partial = [partial, sofar](const protocol::Value& value) {
            const auto news = parsed<protocol::AttributionPartial>(value, "attribution");
            sofar->layers.insert(sofar->layers.end(), news.layers.begin(), news.layers.end());
            std::ranges::sort(sofar->layers, {}, &protocol::LayerContribution::index);
            if (partial) partial(*sofar);
        };
        handlers.finished = [partial, done](const protocol::Value& value) {
            const auto result = parsed<protocol::AttributionResult>(value, "attribution");
            if (partial) partial(result);
            if (done) done({}, {});
        };
        jobs_.run(job, "attribution",
                  protocol::to_value(protocol::AttributionRequest{to_json(plans[0]), to_json(plans[1])}),
                  std::move(handlers));
    });
}

}  // namespace rankscope::gui
