// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/explanation.hpp"

#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/tradeoff_panels/explanation_table.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"

#include <QCoreApplication>
#include <QFileInfo>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

using namespace number_text;

QString tr(const char* text) {
    return QCoreApplication::translate("Explanation", text);
}

QString withError(const QString& value, double error, int decimals = 2) {
    return std::isfinite(error) ? value + QLatin1Char(' ') + plusMinus(error, decimals) : value;
}

QString nats(double value) {
    return fixed(value, 4);
}

QString textOf(const Document& document, const PlanFacts& facts) {
    const auto& text = document.text();
    if (!text) return {};
    const QString name = QFileInfo(QString::fromStdString(text->path.string())).fileName();
    const QString windows = facts.windows < facts.windowsTotal
                                ? tr("%1 of %2").arg(facts.windows).arg(facts.windowsTotal)
                                : QString::number(facts.windowsTotal);
    return tr("%1, %2 windows of %3 tokens").arg(name, windows).arg(text->window);
}

QString capturedFrom(const CaptureData& capture) {
    return tr("%1, %2 windows, %3 positions")
        .arg(QFileInfo(QString::fromStdString(capture.path)).fileName())
        .arg(capture.windows)
        .arg(capture.layout.positions.size());
}

void fillPlan(Explanation& e, const QString& topic, const PlanFacts& facts, const PlanChoice& plan,
              const Workspace& workspace) {
    const Document& document = workspace.document;
    const PlanFacts full = fullModelFacts(document);
    const QString about = facts.estimated ? QStringLiteral("≈ ") : QString();
    const auto measured = [&] {
        e.from = facts.estimated ? tr("the one-layer sweep, added up") : textOf(document, facts);
        if (facts.estimated) {
            e.certainty = tr("an estimate: layers interact. ± is the miss on plans that were measured");
        } else if (!facts.isExact() && facts.windowsTotal > 0) {
            e.certainty =
                tr("not finished: %1. %2").arg(stateWord(facts, workspace.engine).text, e.certainty);
        } else if (!facts.isExact()) {
            e.certainty = tr("not measured yet");
        }
    };
    if (topic == QLatin1String("state")) {
        e.numbers = tr("%1 of the full model's %2").arg(bytes(facts.stateBytes), bytes(full.stateBytes));
        e.result = bytes(facts.stateBytes);
        e.exact = exactText(facts.stateBytes, PlanFacts::kUnknown, tr("bytes"));
    } else if (topic == QLatin1String("parameters")) {
        const NumberAndUnit text = parameterText(facts.parameters);
        e.numbers = std::isnan(facts.parameters)
                        ? QString()
                        : integer(std::llround(full.parameters)) + QStringLiteral(" ") + kMinus
                              + QStringLiteral(" ")
                              + integer(std::llround(full.parameters - facts.parameters));
        e.result = text.unit.isEmpty() ? text.number : text.number + QLatin1Char(' ') + text.unit;
        e.exact = exactText(facts.parameters, PlanFacts::kUnknown, {});
    } else if (topic == QLatin1String("mean_kept")) {
        double sum = 0;
        for (const LayerChoice& layer : plan.layers)
            sum += static_cast<double>(layer.kept);
        e.numbers = QStringLiteral("%1 / %2").arg(fixed(sum, 0)).arg(plan.layers.size());
        e.result = rank(facts.meanKept);
        e.exact = exactText(facts.meanKept, PlanFacts::kUnknown, {});
    } else if (topic == QLatin1String("perplexity")) {
        if (std::isfinite(facts.perplexity))
            e.numbers = QStringLiteral("exp(%1)").arg(nats(std::log(facts.perplexity)));
        e.result = about + withError(perplexity(facts.perplexity), facts.perplexityError);
        e.exact = exactText(facts.perplexity, facts.perplexityError, {});
        measured();
    } else if (topic == QLatin1String("delta") || topic == QLatin1String("estimate")) {
        if (std::isfinite(facts.delta))
            e.numbers = facts.estimated
                            ? QStringLiteral("%1 · (exp(%2) %3 1)")
                                  .arg(perplexity(full.perplexity), nats(facts.deltaNll), QString(kMinus))
                            : QStringLiteral("%1 · (1 %3 exp(%2))")
                                  .arg(perplexity(facts.perplexity), nats(-facts.deltaNll), QString(kMinus));
        e.result = about + withError(perplexityDelta(facts.delta), facts.deltaError);
        e.exact = exactText(facts.delta, facts.deltaError, {});
        measured();
        if (topic == QLatin1String("estimate") && !facts.estimated) e.from = tr("not needed: measured");
    } else if (topic == QLatin1String("recall")) {
        e.result = std::isnan(facts.recall) ? QString(kUnknown) : percent(facts.recall);
        if (std::isfinite(facts.recallError))
            e.result += QLatin1Char(' ') + plusMinus(100 * facts.recallError, 1);
        e.exact = exactText(100 * facts.recall, 100 * facts.recallError, QStringLiteral("%"));
        measured();
    } else {
        const bool decode = topic == QLatin1String("decode");
        const double value = decode ? facts.decode() : facts.prefill();
        e.result = speed(value);
        if (facts.speed) {
            const double mad = decode ? facts.speed->decode_mad : facts.speed->prefill_mad;
            e.exact = exactText(value, mad * value, tr("tokens/s"));
            e.from = speedDetails(*facts.speed).replace(QLatin1Char('\n'), QStringLiteral("; "));
            e.certainty = facts.speed->same_width ? tr("from another plan with the same widths")
                                                  : tr("measured, ± %1").arg(percent(mad));
        } else {
            e.from = tr("not measured: run Benchmark");
        }
    }
}

void fillLayer(Explanation& e, const QString& topic, const Workspace& workspace) {
    const Document& document = workspace.document;
    const int layer = workspace.selection.layer();
    const LayerChoice* choice = document.layerChoice(layer);
    e.title += tr(", layer %1").arg(layer);
    e.result = kUnknown;
    if (choice == nullptr) {
        e.from = tr("layer %1 has no recurrent state").arg(layer);
        return;
    }
    if (topic == QLatin1String("kept_channels")) {
        const double removed = 1 - static_cast<double>(choice->kept) / static_cast<double>(choice->key_dim);
        e.numbers = QStringLiteral("1 %1 %2 / %3").arg(kMinus).arg(choice->kept).arg(choice->key_dim);
        e.result = tr("%1, %2 kept").arg(percent(removed)).arg(choice->kept);
        e.exact = QString::number(choice->kept);
        return;
    }
    if (topic == QLatin1String("layer_delta") || topic == QLatin1String("sensitivity")) {
        LayerChoice asked = *choice;
        if (topic == QLatin1String("sensitivity")) {
            asked.kept = asked.key_dim / 2;
            asked.by_hand.clear();
            if (asked.method.empty()) asked.method = "drrqr";
        }
        const std::optional<double> delta = document.layerDelta(asked);
        if (!delta) {
            e.from = tr("no one-layer sweep of this layer and method");
            return;
        }
        e.exact = exactText(*delta, PlanFacts::kUnknown, tr("nats per token"));
        if (topic == QLatin1String("sensitivity") || !document.fullQuality()) {
            e.result = nats(*delta);
            return;
        }
        const double full = document.fullQuality()->perplexity;
        e.numbers =
            QStringLiteral("%1 · (exp(%2) %3 1)").arg(perplexity(full), nats(*delta), QString(kMinus));
        e.result = perplexityDelta(full * std::expm1(*delta));
        return;
    }
    if (topic == QLatin1String("after_pruning")) {
        e.result.clear();
        return;
    }
    // The rest comes from captured states.
    const CaptureData* capture = workspace.states.capture().get();
    const int place = capture == nullptr ? -1 : capture->captured(layer);
    const int head =
        place < 0 ? -1 : capture->capturedHead(static_cast<std::size_t>(place), workspace.selection.head());
    if (head < 0 || capture->windows < 1) {
        e.from = tr("this layer and head were not captured");
        return;
    }
    e.title += tr(", head %1").arg(workspace.selection.head());
    e.from = capturedFrom(*capture);
    const auto l = static_cast<std::size_t>(place);
    const auto h = static_cast<std::size_t>(head);
    const bool there = topic == QLatin1String("best_directions") ? capture->layout.spectra
                       : topic == QLatin1String("kept_energy")   ? !capture->layers[l].channelShare.empty()
                                                                 : capture->hasMetric(topic.toStdString());
    if (!there) {
        e.from = tr("the capture was made without it");
        return;
    }
    if (topic == QLatin1String("best_directions")) {
        const double best = capture->bestDirections(l, h, choice->kept);
        e.numbers = tr("Σ over the first %1").arg(choice->kept);
        e.result = fixed(100 * best, 2) + QStringLiteral(" %");
        e.exact = exactText(100 * best, PlanFacts::kUnknown, QStringLiteral("%"));
    } else if (topic == QLatin1String("kept_energy")) {
        const auto kept = document.keptChannels(*choice);
        const CaptureLayer& shape = capture->layout.layers[l];
        const auto perKey =
            std::max<std::int64_t>(1, shape.value_heads / std::max<std::int64_t>(1, shape.key_heads));
        const auto keyHead = static_cast<std::size_t>(workspace.selection.head() / perKey);
        if (!kept || keyHead >= kept->size()) {
            e.from = tr("the channels this method keeps are not known yet");
            return;
        }
        // Only where the captured rows are the model's channels one by one.
        if (shape.key_dim != choice->key_dim) {
            e.from = tr("the capture is of a pruned model");
            return;
        }
        const double share = capture->keptEnergy(l, h, (*kept)[keyHead]);
        const double best = capture->bestDirections(l, h, choice->kept);
        e.result = percent(share);
        e.exact = exactText(100 * share, PlanFacts::kUnknown, QStringLiteral("%"));
        if (std::isfinite(best))
            e.careful =
                tr("the best %1 directions hold %2; channels are rows, not directions, so they hold less")
                    .arg(choice->kept)
                    .arg(fixed(100 * best, 2) + QStringLiteral(" %"));
    } else {
        const CaptureData::Summary summary = capture->metricSummary(topic.toStdString(), l, h);
        e.result = withError(
            topic == QLatin1String("rank_utilisation") ? utilisation(summary.mean) : rank(summary.mean),
            summary.sd, topic == QLatin1String("rank_utilisation") ? 3 : 1);
        e.exact = exactText(summary.mean, summary.sd, {});
        if (std::isnan(summary.sd)) e.certainty = tr("one window: its spread is unknown");
    }
}

}  // namespace

QString exactText(double value, double error, const QString& unit) {
    if (!std::isfinite(value)) return {};
    QString text = exact(value);
    if (std::isfinite(error)) text += QStringLiteral(" ± ") + exact(error);
    return unit.isEmpty() ? text : text + QLatin1Char(' ') + unit;
}

std::optional<Explanation> explain(const QString& asked, const Workspace& workspace) {
    const QString topic = asked.section(QLatin1Char('/'), 0, 0);
    const QString id = asked.section(QLatin1Char('/'), 1);
    const ExplanationTopic* entry = explanationTopic(topic);
    if (entry == nullptr) return std::nullopt;
    const auto text = [](const char* source) {
        return *source == '\0' ? QString() : explanationText(source);
    };
    Explanation e;
    e.title = text(entry->title);
    e.definition = text(entry->definition);
    e.formula = QString::fromUtf8(entry->formula);
    e.unit = text(entry->unit);
    e.from = text(entry->from);
    e.certainty = text(entry->certainty);
    e.careful = text(entry->careful);
    static const QStringList kPlanTopics{
        QStringLiteral("state"),  QStringLiteral("parameters"), QStringLiteral("perplexity"),
        QStringLiteral("delta"),  QStringLiteral("estimate"),   QStringLiteral("recall"),
        QStringLiteral("decode"), QStringLiteral("prefill"),    QStringLiteral("mean_kept")};
    for (const QString& related :
         QString::fromLatin1(entry->related).split(QLatin1Char(' '), Qt::SkipEmptyParts))
        e.related << (id.isEmpty() || !kPlanTopics.contains(related) ? related
                                                                     : related + QLatin1Char('/') + id);
    e.places = QString::fromLatin1(entry->places).split(QLatin1Char(' '), Qt::SkipEmptyParts);
    e.source = text(entry->source);
    if (!workspace.document.hasModel()) return e;
    if (kPlanTopics.contains(topic)) {
        const Document& document = workspace.document;
        const SavedPlan* point = document.point(id);
        const std::optional<PlanFacts> facts = factsOfId(document, id);
        const PlanChoice full = fullModelChoice(document);
        if (facts && (point != nullptr || id == fullModelId())) {
            e.title += QStringLiteral(", ") + facts->name;
            fillPlan(e, topic, *facts, point != nullptr ? point->choice : full, workspace);
        } else {
            fillPlan(e, topic, currentFacts(document), document.plan(), workspace);
        }
    } else if (topic != QLatin1String("difference") && topic != QLatin1String("contribution")) {
        fillLayer(e, topic, workspace);
    }
    return e;
}

QString explanationToolTip(const QString& topic, const Workspace& workspace) {
    const std::optional<Explanation> e = explain(topic, workspace);
    if (!e) return {};
    QString text = e->definition + QLatin1Char('\n') + e->formula;
    if (!e->result.isEmpty()) {
        text += QStringLiteral("\n= ");
        if (!e->numbers.isEmpty()) text += e->numbers + QStringLiteral(" = ");
        text += e->result;
    }
    if (!e->exact.isEmpty()) text += QLatin1Char('\n') + tr("Exactly %1").arg(e->exact);
    return text;
}

}  // namespace rankscope::gui
