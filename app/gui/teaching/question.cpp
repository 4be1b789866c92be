// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/question.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/teaching/lesson_node.hpp"
#include "app/gui/theme/number_text.hpp"

#include <QCoreApplication>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace rankscope::gui {
namespace {

using namespace number_text;

constexpr double kSure = LessonFacts::kSure;

QString tr(const char* text) {
    return QCoreApplication::translate("Question", text);
}

double orZero(double error) {
    return std::isfinite(error) ? error : 0;
}

// The option of a value, and those next to it that its error reaches.
Question ranges(const std::array<double, 3>& borders, const QStringList& options, double value,
                double error) {
    Question question;
    question.options = options;
    const double low = value - error;
    const double high = value + error;
    for (std::size_t i = 0; i <= borders.size(); ++i) {
        const double from = i == 0 ? -std::numeric_limits<double>::infinity() : borders[i - 1];
        const double to = i == borders.size() ? std::numeric_limits<double>::infinity() : borders[i];
        question.right.append(high >= from && low < to);
    }
    return question;
}

// 1, 2 or 5 times a power of ten, nearest on a log scale.
double roundNumber(double value) {
    const double power = std::pow(10, std::floor(std::log10(value)));
    double best = power;
    for (const double step : {1.0, 2.0, 5.0, 10.0}) {
        if (std::abs(std::log(value / (step * power))) < std::abs(std::log(value / best)))
            best = step * power;
    }
    return best;
}

QString plain(double value) {
    return QString::number(value, 'g', 4);
}

std::optional<Question> directions(const LessonFacts& facts) {
    const auto& probe = facts.probe();
    if (!probe || probe->directions < 8) return std::nullopt;
    const int eighth = probe->directions / 8;
    const QStringList options{tr("up to %1").arg(eighth), tr("%1 – %2").arg(eighth + 1).arg(2 * eighth),
                              tr("%1 – %2").arg(2 * eighth + 1).arg(4 * eighth), tr("more")};
    Question question =
        ranges({eighth + 0.5, 2 * eighth + 0.5, 4 * eighth + 0.5}, options, probe->at99, probe->at99Spread);
    question.answer = tr("%1 of %2").arg(rank(probe->at99)).arg(probe->directions);
    return question;
}

std::optional<Question> layer(const LessonFacts& facts) {
    using Cost = LessonFacts::LayerCost;
    const QList<Cost>& costs = facts.layerCosts();
    if (costs.size() < 2) return std::nullopt;
    const auto cheaper = [](const Cost& a, const Cost& b) { return a.deltaNll < b.deltaNll; };
    QList<Cost> sorted = costs;
    std::stable_sort(sorted.begin(), sorted.end(), cheaper);
    const Cost dearest = sorted.last();
    const auto asDear = [&](const Cost& cost) {
        return dearest.deltaNll - cost.deltaNll <= kSure * std::hypot(dearest.error, cost.error);
    };
    // Three layers at most, spread over the order of their costs, so that all answers fit four keys.
    QList<Cost> asked =
        costs.size() <= 3 ? costs : QList<Cost>{sorted.first(), sorted[sorted.size() / 2], dearest};
    std::sort(asked.begin(), asked.end(), [](const Cost& a, const Cost& b) { return a.layer < b.layer; });
    const bool all = std::ranges::all_of(costs, asDear);
    Question question;
    for (const Cost& cost : asked) {
        question.options.append(tr("layer %1").arg(cost.layer));
        question.right.append(!all && asDear(cost));
    }
    question.options.append(tr("all the same"));
    question.right.append(all);
    QStringList parts;
    for (const Cost& cost : costs) {
        if (parts.size() < 8)
            parts.append(tr("layer %1 %2").arg(cost.layer).arg(signedFixed(cost.deltaNll, 4)));
    }
    question.answer = parts.join(QStringLiteral(", "));
    return question;
}

std::optional<Question> rise(const QString& plan, const Workspace& workspace, const LessonFacts& facts) {
    const auto asked = factsOfId(workspace.document, facts.plan(plan));
    const auto& full = workspace.document.fullQuality();
    if (!asked || !full || !asked->isExact() || !std::isfinite(asked->delta)) return std::nullopt;
    // One, five and twenty-five percent, as round numbers.
    const std::array<double, 3> borders{roundNumber(0.01 * full->perplexity),
                                        roundNumber(0.05 * full->perplexity),
                                        roundNumber(0.25 * full->perplexity)};
    const QStringList options{tr("under %1").arg(plain(borders[0])),
                              tr("%1 – %2").arg(plain(borders[0]), plain(borders[1])),
                              tr("%1 – %2").arg(plain(borders[1]), plain(borders[2])), tr("more")};
    Question question = ranges(borders, options, asked->delta, kSure * orZero(asked->deltaError));
    question.answer = tr("%1, to %2").arg(deltaText(*asked), perplexity(asked->perplexity));
    return question;
}

std::optional<Question> method(const QStringList& methods, const Workspace& workspace,
                               const LessonFacts& facts) {
    QList<PlanFacts> plans;
    for (const QString& key : methods) {
        const auto plan = factsOfId(workspace.document, facts.sameSize(key));
        if (plan) plans.append(*plan);
    }
    if (plans.size() < 2) return std::nullopt;
    const PlanFacts best = *std::ranges::min_element(plans, {}, &PlanFacts::delta);
    Question question;
    QStringList parts;
    for (const PlanFacts& plan : plans) {
        question.options.append(methodName(plan.method));
        // As if the errors of two plans had nothing to do with each other: so nothing is claimed too much.
        question.right.append(plan.delta - best.delta
                              <= kSure * std::hypot(orZero(plan.deltaError), orZero(best.deltaError)));
        parts.append(methodName(plan.method) + QLatin1Char(' ') + deltaText(plan));
    }
    question.answer = parts.join(QStringLiteral(", "));
    return question;
}

std::optional<Question> recall(const QString& plan, const Workspace& workspace, const LessonFacts& facts) {
    const auto asked = factsOfId(workspace.document, facts.plan(plan));
    if (!asked || !asked->isExact() || !std::isfinite(asked->recall)) return std::nullopt;
    const QStringList options{tr("under 50 %"), tr("50 – 80 %"), tr("80 – 95 %"), tr("over 95 %")};
    Question question = ranges({0.5, 0.8, 0.95}, options, asked->recall, kSure * orZero(asked->recallError));
    question.answer = percent(asked->recall);
    if (std::isfinite(asked->recallError))
        question.answer += QLatin1Char(' ') + plusMinus(100 * asked->recallError, 1);
    return question;
}

std::optional<Question> compare(const Workspace& workspace, const LessonFacts& facts) {
    const auto half = factsOfId(workspace.document, facts.plan(QStringLiteral("half")));
    const auto other = factsOfId(workspace.document, facts.plan(QStringLiteral("other")));
    if (!half || !other) return std::nullopt;
    const double difference = other->delta - half->delta;
    const double error = kSure * std::hypot(orZero(half->deltaError), orZero(other->deltaError));
    Question question;
    question.options = {tr("less"), tr("about the same"), tr("more")};
    question.right = {difference<-error, std::abs(difference) <= error, difference> error};
    question.answer = tr("%1 instead of %2").arg(deltaText(*other), deltaText(*half));
    return question;
}

}  // namespace

QStringList Question::rightOptions() const {
    QStringList all;
    for (qsizetype i = 0; i < options.size(); ++i) {
        if (right[i]) all.append(options[i]);
    }
    return all;
}

Ask Ask::read(const LessonNode& node) {
    const QStringList kinds{QStringLiteral("directions"), QStringLiteral("layer"),
                            QStringLiteral("rise"),       QStringLiteral("method"),
                            QStringLiteral("recall"),     QStringLiteral("compare")};
    (void)node.keys({QStringLiteral("what"), QStringLiteral("plan"), QStringLiteral("methods")});
    Ask ask;
    ask.kind = static_cast<Kind>(kinds.indexOf(node.at(QStringLiteral("what")).word(kinds)));
    if (ask.kind == Kind::Rise || ask.kind == Kind::Recall)
        ask.plan = node.at(QStringLiteral("plan")).word(LessonFacts::planRoles());
    if (ask.kind == Kind::Method) {
        const LessonNode methods = node.at(QStringLiteral("methods"));
        for (const LessonNode& item : methods.items()) {
            const QString key = item.text();
            if (!methodOfKey(key)) item.fail(QStringLiteral("\"%1\"").arg(key), QStringLiteral("a method"));
            ask.methods.append(key);
        }
        if (ask.methods.size() < 2 || ask.methods.size() > 4)
            methods.fail(QStringLiteral("%1 methods").arg(ask.methods.size()), QStringLiteral("two to four"));
    }
    return ask;
}

std::optional<Question> makeQuestion(const Ask& ask, const Workspace& workspace, const LessonFacts& facts) {
    switch (ask.kind) {
        case Ask::Kind::Directions:
            return directions(facts);
        case Ask::Kind::Layer:
            return layer(facts);
        case Ask::Kind::Rise:
            return rise(ask.plan, workspace, facts);
        case Ask::Kind::Method:
            return method(ask.methods, workspace, facts);
        case Ask::Kind::Recall:
            return recall(ask.plan, workspace, facts);
        case Ask::Kind::Compare:
            return compare(workspace, facts);
    }
    return std::nullopt;
}

}  // namespace rankscope::gui
