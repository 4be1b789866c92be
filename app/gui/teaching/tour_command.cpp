// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/tour_command.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/layer_panels/layer_data.hpp"
#include "app/gui/layer_panels/layer_texts.hpp"
#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/teaching/lesson_host.hpp"
#include "app/gui/teaching/lesson_node.hpp"

#include <QAction>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {

TourCommand TourCommand::read(const LessonNode& node) {
    const QStringList keys = node.keys(
        {QStringLiteral("action"), QStringLiteral("layer"), QStringLiteral("metric"), QStringLiteral("keep"),
         QStringLiteral("of"), QStringLiteral("plan"), QStringLiteral("pin_a"), QStringLiteral("pin_b")});
    const QString key = keys.contains(QStringLiteral("keep")) ? QStringLiteral("keep") : keys.value(0);
    if (keys.size() != (key == QLatin1String("keep") ? 2 : 1) || key == QLatin1String("of"))
        node.fail(QStringLiteral("%1 keys").arg(keys.size()), QStringLiteral("one command"));
    const LessonNode value = node.at(key);
    TourCommand command;
    if (key == QLatin1String("action")) {
        command.kind_ = Kind::Action;
        command.word_ = value.text();
    } else if (key == QLatin1String("layer")) {
        command.kind_ = Kind::Layer;
        command.word_ = value.word(LessonFacts::layerRoles());
    } else if (key == QLatin1String("metric")) {
        command.kind_ = Kind::Metric;
        command.word_ = value.word(rankNames());
    } else if (key == QLatin1String("keep")) {
        command.kind_ = Kind::Keep;
        command.share_ = value.number(0, 1);
        command.word_ = node.at(QStringLiteral("of")).word(LessonFacts::layerRoles());
    } else {
        command.kind_ = key == QLatin1String("plan") ? Kind::Plan : Kind::Pin;
        command.a_ = key == QLatin1String("pin_a");
        command.word_ = value.word(LessonFacts::planRoles());
    }
    return command;
}

QList<TourCommand> TourCommand::readAll(const LessonNode& node) {
    QList<TourCommand> commands;
    for (const LessonNode& item : node.items())
        commands.append(read(item));
    return commands;
}

void TourCommand::run(const Workspace& workspace, const LessonFacts& facts, const LessonHost& host) const {
    Document& document = workspace.document;
    switch (kind_) {
        case Kind::Action:
            if (QAction* action = host.action(word_)) action->trigger();
            break;
        case Kind::Layer:
            if (const auto layer = facts.layer(word_)) workspace.selection.setLayer(*layer);
            break;
        case Kind::Metric:
            workspace.selection.setMetric(word_);
            break;
        case Kind::Keep: {
            const auto layer = facts.layer(word_);
            const LayerChoice* choice = layer ? document.layerChoice(*layer) : nullptr;
            if (choice == nullptr) break;
            const std::int64_t before = choice->kept;
            const auto kept =
                std::max<std::int64_t>(1, std::llround(share_ * static_cast<double>(choice->key_dim)));
            document.setPlan(stepText(*layer, static_cast<int>(before), static_cast<int>(kept)),
                             document.withKept(*layer, kept));
            break;
        }
        case Kind::Plan:
            if (const QString id = facts.plan(word_); !id.isEmpty()) makeCurrent(document, id);
            break;
        case Kind::Pin:
            if (document.point(facts.plan(word_)) != nullptr) document.pin(a_, facts.plan(word_));
            break;
    }
}

}  // namespace rankscope::gui
