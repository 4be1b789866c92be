// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/tour_condition.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/layer_panels/layer_data.hpp"
#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/teaching/lesson_host.hpp"
#include "app/gui/teaching/lesson_node.hpp"

#include <QAction>

#include <algorithm>

namespace rankscope::gui {

TourCondition TourCondition::single(Kind kind, const QString& word, double number) {
    TourCondition condition;
    condition.kind_ = kind;
    condition.word_ = word;
    condition.number_ = number;
    return condition;
}

TourCondition TourCondition::read(const LessonNode& node) {
    TourCondition all;
    const QStringList keys =
        node.keys({QStringLiteral("layer"), QStringLiteral("metric"), QStringLiteral("level"),
                   QStringLiteral("kept_at_most"), QStringLiteral("of"), QStringLiteral("plan"),
                   QStringLiteral("pinned"), QStringLiteral("checked"), QStringLiteral("any")});
    for (const QString& key : keys) {
        const LessonNode value = node.at(key);
        if (key == QLatin1String("layer")) {
            all.parts_.append(single(Kind::Layer, value.word(LessonFacts::layerRoles())));
        } else if (key == QLatin1String("metric")) {
            all.parts_.append(single(Kind::Metric, value.word(rankNames())));
        } else if (key == QLatin1String("level")) {
            all.parts_.append(
                single(Kind::Level, value.word({QStringLiteral("layer"), QStringLiteral("state")})));
        } else if (key == QLatin1String("kept_at_most")) {
            all.parts_.append(single(Kind::KeptAtMost,
                                     node.at(QStringLiteral("of")).word(LessonFacts::layerRoles()),
                                     value.number(0, 1)));
        } else if (key == QLatin1String("plan")) {
            all.parts_.append(single(Kind::Plan, value.word(LessonFacts::planRoles())));
        } else if (key == QLatin1String("pinned")) {
            all.parts_.append(single(Kind::Pinned, {}, value.number(1, 2)));
        } else if (key == QLatin1String("checked")) {
            all.parts_.append(single(Kind::Checked, value.text()));
        } else if (key == QLatin1String("any")) {
            TourCondition any;
            any.kind_ = Kind::Any;
            for (const LessonNode& item : value.items())
                any.parts_.append(read(item));
            all.parts_.append(any);
        } else if (!node.has(QStringLiteral("kept_at_most"))) {
            node.fail(QStringLiteral("\"of\" alone"), QStringLiteral("\"kept_at_most\" beside it"));
        }
    }
    if (all.parts_.isEmpty()) node.fail(QStringLiteral("no condition"), QStringLiteral("at least one"));
    return all;
}

bool TourCondition::isPossible(const LessonFacts& facts) const {
    switch (kind_) {
        case Kind::All:
            return std::ranges::all_of(parts_,
                                       [&](const TourCondition& part) { return part.isPossible(facts); });
        case Kind::Any:
            return std::ranges::any_of(parts_,
                                       [&](const TourCondition& part) { return part.isPossible(facts); });
        case Kind::Layer:
        case Kind::KeptAtMost:
            return facts.layer(word_).has_value();
        case Kind::Plan:
            return !facts.plan(word_).isEmpty();
        default:
            return true;
    }
}

bool TourCondition::holds(const Workspace& workspace, const LessonFacts& facts,
                          const LessonHost& host) const {
    const Document& document = workspace.document;
    const auto part = [&](const TourCondition& each) { return each.holds(workspace, facts, host); };
    switch (kind_) {
        case Kind::All:
            return std::ranges::all_of(parts_, part);
        case Kind::Any:
            return std::ranges::any_of(parts_, part);
        case Kind::Layer:
            return facts.layer(word_) == workspace.selection.layer();
        case Kind::Metric:
            return workspace.selection.metric() == word_;
        case Kind::Level:
            return (workspace.selection.level() == Selection::Level::State)
                   == (word_ == QLatin1String("state"));
        case Kind::KeptAtMost: {
            const auto layer = facts.layer(word_);
            const LayerChoice* choice = layer ? document.layerChoice(*layer) : nullptr;
            // A slider that is still held has decided nothing.
            return choice != nullptr && !document.isDragging()
                   && static_cast<double>(choice->kept) <= number_ * static_cast<double>(choice->key_dim);
        }
        case Kind::Plan:
            return document.hasModel() && !document.isDragging()
                   && currentFacts(document).id == facts.plan(word_);
        case Kind::Pinned: {
            const DocumentState& state = document.state();
            const bool a = document.point(state.pinA) != nullptr;
            const bool b = document.point(state.pinB) != nullptr;
            return number_ < 2 ? a || b : a && b && state.pinA != state.pinB;
        }
        case Kind::Checked: {
            const QAction* action = host.action(word_);
            return action != nullptr && action->isChecked();
        }
    }
    return false;
}

}  // namespace rankscope::gui
