// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/action_registry.hpp"

#include "app/gui/theme/icons.hpp"

#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTextEdit>
#include <QWidget>

namespace rankscope::gui {
namespace {

// A letter typed into a field is text, whatever it means elsewhere.
bool isTyping() {
    const QWidget* focus = QApplication::focusWidget();
    const auto* combo = qobject_cast<const QComboBox*>(focus);
    return qobject_cast<const QLineEdit*>(focus) != nullptr
           || qobject_cast<const QPlainTextEdit*>(focus) != nullptr
           || qobject_cast<const QTextEdit*>(focus) != nullptr
           || qobject_cast<const QAbstractSpinBox*>(focus) != nullptr
           || (combo != nullptr && combo->isEditable());
}

}  // namespace

ActionRegistry::ActionRegistry(QWidget* owner) : QObject(owner), owner_(owner) {}

QAction* ActionRegistry::add(const Spec& spec, std::function<void(bool)> run) {
    Q_ASSERT_X(!actions_.contains(spec.id), "ActionRegistry::add", qPrintable(spec.id));
    auto* action = new QAction(spec.text, owner_);
    action->setObjectName(spec.id);
    action->setCheckable(spec.checkable);
    action->setShortcuts(spec.keys);
    QString tip = spec.tip.isEmpty() ? QString(spec.text).remove(QStringLiteral("…")) : spec.tip;
    if (!spec.keys.isEmpty())
        tip += QStringLiteral(" (%1)").arg(spec.keys.first().toString(QKeySequence::NativeText));
    action->setToolTip(tip);
    connect(action, &QAction::triggered, this, [run = std::move(run)](bool checked) { run(checked); });
    if (spec.typing) {
        // Disabled actions leave the key to the field that has the focus.
        connect(qApp, &QApplication::focusChanged, action, [action](QWidget*, QWidget*) {
            action->setShortcutContext(isTyping() ? Qt::WidgetShortcut : Qt::WindowShortcut);
        });
    }
    owner_->addAction(action);
    ids_ << spec.id;
    actions_.insert(spec.id, action);
    synonyms_.insert(spec.id, spec.synonyms);
    icons_.insert(spec.id, spec.icon);
    return action;
}

QAction* ActionRegistry::action(const QString& id) const {
    return actions_.value(id);
}

void ActionRegistry::applyTheme(const Theme& theme) {
    for (auto it = icons_.cbegin(); it != icons_.cend(); ++it) {
        if (!it.value().isEmpty()) actions_.value(it.key())->setIcon(themedIcon(it.value(), theme));
    }
}

}  // namespace rankscope::gui
