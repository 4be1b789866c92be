// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/plan_facts.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("PlanFacts", text);
}

double positive(double value) {
    return value > 0 ? value : PlanFacts::kUnknown;
}

void setMeasured(PlanFacts& facts, const MeasuredQuality& quality) {
    facts.windows = quality.windows;
    facts.windowsTotal = quality.windows_total;
    facts.perplexity = quality.perplexity;
    facts.perplexityError = quality.perplexity_se.value_or(PlanFacts::kUnknown);
    facts.deltaNll = quality.delta_nll.value_or(PlanFacts::kUnknown);
    facts.deltaNllError = quality.delta_nll_se.value_or(PlanFacts::kUnknown);
    facts.delta = perplexityDelta(quality).value_or(PlanFacts::kUnknown);
    facts.deltaError = perplexityDeltaError(quality).value_or(PlanFacts::kUnknown);
    if (quality.answers > 0) {
        facts.recall = quality.accuracy;
        facts.recallError = quality.accuracy_se.value_or(PlanFacts::kUnknown);
    }
}

void setEstimate(PlanFacts& facts, const Document& document, const PlanEstimate& estimate) {
    facts.estimated = true;
    facts.deltaNll = estimate.deltaNll;
    facts.deltaNllError = estimate.error;
    const auto& full = document.fullQuality();
    if (!full) return;
    facts.perplexity = full->perplexity * std::exp(estimate.deltaNll);
    facts.delta = facts.perplexity - full->perplexity;
    facts.deltaError = facts.perplexity * estimate.error;
}

bool isWorking(const EngineControl& engine) {
    const auto working = [](const EngineJob& job) {
        return job.state == EngineJob::State::Running || job.state == EngineJob::State::Queued;
    };
    return engine.status().state != EngineStatus::State::Stopped
           && std::any_of(engine.jobs().begin(), engine.jobs().end(), working);
}

}  // namespace

QString fullModelId() {
    return QStringLiteral("★ full model");
}

QString currentPlanId() {
    return QStringLiteral("★ current plan");
}

double PlanFacts::fraction() const {
    return windowsTotal > 0 ? static_cast<double>(windows) / static_cast<double>(windowsTotal) : 0;
}

double PlanFacts::decode() const {
    return speed ? positive(speed->decode) : kUnknown;
}

double PlanFacts::prefill() const {
    return speed ? positive(speed->prefill) : kUnknown;
}

QString planName(const Document& document, const PlanChoice& choice) {
    const QString own = QString::fromStdString(choice.name);
    bool taken = own.isEmpty();
    for (const SavedPlan& point : document.state().points) {
        if (samePlan(point.choice, choice)) return QString::fromStdString(point.choice.name);
        taken = taken || point.choice.name == choice.name;
    }
    const bool full = planMethod(choice) == Method::FullModel;
    // The name a plan came with says what it was before it was edited.
    if (taken || (!full && own == tr("Full model"))) return defaultPlanName(choice);
    return own;
}

PlanFacts planFacts(const Document& document, const PlanChoice& choice) {
    PlanFacts facts;
    facts.id = currentPlanId();
    facts.name = planName(document, choice);
    const PlanChoice named = document.asNamed(choice);
    facts.method = planMethod(named);
    facts.methodText = planMethodName(named);
    facts.stateBytes = static_cast<double>(document.stateBytes(choice));
    const std::int64_t parameters = document.parameters(choice);
    if (document.model().parameters > 0) facts.parameters = static_cast<double>(parameters);
    facts.meanKept = meanKept(choice);
    facts.speed = document.speed(choice);
    if (facts.method == Method::FullModel && document.fullQuality()) {
        const MeasuredQuality& full = *document.fullQuality();
        setMeasured(facts, full);
        facts.delta = facts.deltaNll = 0;
        facts.deltaError = facts.deltaNllError = PlanFacts::kUnknown;
        facts.state = full.windows >= full.windows_total ? PlanState::Exact : PlanState::Measuring;
        return facts;
    }
    const PlanRecord* record = document.record(choice);
    if (record != nullptr) {
        facts.state = record->state;
        facts.failure = record->failure;
        if (record->quality) {
            setMeasured(facts, *record->quality);
            return facts;
        }
    }
    if (facts.state != PlanState::Failed) {
        if (const auto estimate = document.estimate(choice)) setEstimate(facts, document, *estimate);
    }
    return facts;
}

PlanFacts planFacts(const Document& document, const SavedPlan& point) {
    PlanFacts facts = planFacts(document, point.choice);
    facts.id = point.id;
    facts.name = QString::fromStdString(point.choice.name);
    facts.uniform = point.uniform;
    facts.recoveredFrom = point.recoveredFrom;
    return facts;
}

PlanFacts fullModelFacts(const Document& document) {
    PlanFacts facts = planFacts(document, fullModelChoice(document));
    facts.id = fullModelId();
    facts.name = tr("Full model");
    return facts;
}

PlanFacts currentFacts(const Document& document) {
    if (const SavedPlan* point = document.currentPoint()) return planFacts(document, *point);
    PlanFacts facts = planFacts(document, document.plan());
    if (facts.method == Method::FullModel) facts.id = fullModelId();
    return facts;
}

std::optional<PlanFacts> factsOfId(const Document& document, const QString& id) {
    if (!document.hasModel()) return std::nullopt;
    if (id == fullModelId()) return fullModelFacts(document);
    if (id == currentPlanId()) return planFacts(document, document.plan());
    const SavedPlan* point = document.point(id);
    if (point == nullptr) return std::nullopt;
    return planFacts(document, *point);
}

PlanChoice fullModelChoice(const Document& document) {
    PlanChoice plan;
    if (!document.hasModel()) return plan;
    plan = keep_all(document.config());
    plan.name = tr("Full model").toStdString();
    plan.scale = document.plan().scale;
    for (LayerChoice& layer : plan.layers) {
        const LayerChoice* now = document.layerChoice(static_cast<int>(layer.index));
        layer.locked = now != nullptr && now->locked;
    }
    return plan;
}

void makeCurrent(Document& document, const QString& id) {
    if (id == fullModelId() && document.hasModel()) {
        document.setPlan(tr("Plan Full model"), fullModelChoice(document));
    } else {
        document.restorePoint(id);
    }
}

bool timedTogether(const MeasuredSpeed& a, const MeasuredSpeed& b) {
    return a.measured == b.measured && a.device == b.device && a.batch == b.batch && a.length == b.length;
}

bool timedTogether(const PlanFacts& a, const PlanFacts& b) {
    return a.speed && b.speed && timedTogether(*a.speed, *b.speed);
}

QString speedOrigin(const std::optional<MeasuredSpeed>& speed) {
    if (!speed) return {};
    if (speed->same_width) return tr("from sweep");
    const QDateTime when =
        QDateTime::fromString(QString::fromStdString(speed->measured), Qt::ISODate).toLocalTime();
    if (!when.isValid()) return tr("measured");
    const QDate today = QDate::currentDate();
    if (when.date() == today) return tr("measured %1").arg(when.toString(QStringLiteral("HH:mm")));
    const QString form =
        when.date().year() == today.year() ? QStringLiteral("d MMM") : QStringLiteral("d MMM yyyy");
    return tr("measured %1").arg(QLocale::c().toString(when.date(), form));
}

QString speedDetails(const MeasuredSpeed& speed) {
    QStringList lines;
    if (speed.same_width) lines.append(tr("Of a measured plan with the same K′ in every layer"));
    QStringList how;
    if (!speed.device.empty()) how.append(QString::fromStdString(speed.device));
    if (!speed.implementation.empty()) how.append(QString::fromStdString(speed.implementation));
    how.append(tr("batch %1").arg(speed.batch));
    if (speed.length > 0) how.append(tr("%1 tokens").arg(number_text::integer(speed.length)));
    lines.append(how.join(QStringLiteral(" · ")));
    QStringList spread;
    if (speed.decode > 0)
        spread.append(tr("decode ± %1 of the median").arg(number_text::percent(speed.decode_mad)));
    if (speed.prefill > 0)
        spread.append(tr("prefill ± %1 of the median").arg(number_text::percent(speed.prefill_mad)));
    lines.append(spread.join(QStringLiteral(" · ")));
    if (!speed.same_width) lines.append(speedOrigin(speed));
    lines.removeAll(QString());
    return lines.join(QLatin1Char('\n'));
}

StateWord stateWord(const PlanFacts& facts, const EngineControl& engine) {
    const QString progress = tr("%1 / %2").arg(facts.windows).arg(facts.windowsTotal);
    switch (facts.state) {
        case PlanState::Exact:
            return {tr("exact"), Role::Ok, tr("Measured on all %1 windows").arg(facts.windowsTotal)};
        case PlanState::Measuring:
            if (isWorking(engine))
                return {tr("measuring %1").arg(progress), Role::Accent,
                        tr("Numbers are of the windows done so far")};
            return {tr("stopped at %1").arg(progress), Role::Err,
                    tr("Numbers are of the windows done so far. Evaluate the plan to go on")};
        case PlanState::Queued:
            return {tr("queued"), Role::Ink2, tr("Waits for other work of the engine")};
        case PlanState::Failed:
            return {tr("failed"), Role::Err, facts.failure};
        case PlanState::Estimate:
            break;
    }
    if (!engine.isLive())
        return {tr("Live is off"), Role::Ink2,
                facts.estimated ? tr("Numbers come from the one-layer sweep. Evaluate the plan to measure it")
                                : tr("This plan was not measured. Evaluate it to see what it costs")};
    if (!facts.estimated)
        return {tr("not measured"), Role::Ink2, tr("There is no one-layer sweep to estimate from")};
    return {tr("estimate"), Role::Warn,
            tr("From the one-layer sweep. Layers interact: the sum is an estimate")};
}

NumberAndUnit parameterText(double count) {
    if (std::isnan(count)) return {number_text::kUnknown, {}};
    if (count >= 1e9) return {number_text::significant(count / 1e9, 4), tr("B")};
    if (count >= 1e6) return {number_text::significant(count / 1e6, 3), tr("M")};
    return {number_text::integer(std::llround(count)), {}};
}

NumberAndUnit byteText(double count) {
    const QString text = number_text::bytes(count);
    const qsizetype space = text.lastIndexOf(QLatin1Char(' '));
    return space < 0 ? NumberAndUnit{text, {}} : NumberAndUnit{text.left(space), text.mid(space + 1)};
}

QString changePercent(double value, double reference) {
    if (std::isnan(value) || std::isnan(reference) || reference == 0) return {};
    const double change = 100 * (value / reference - 1);
    const double shown = std::abs(change) < 0.05 ? 0 : change;
    return number_text::signedFixed(shown, std::abs(shown) < 9.95 ? 1 : 0) + QStringLiteral(" %");
}

}  // namespace rankscope::gui
