// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/main_tool_bar.hpp"

#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/engine_button.hpp"

#include <QApplication>
#include <QFrame>
#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

namespace rankscope::gui {

MainToolBar::MainToolBar(const ActionRegistry& actions, QMenu* openMenu, QMenu* exportMenu,
                         EngineControl& engine, QWidget* parent)
    : QWidget(parent), actions_(actions) {
    const double unit = designUnit(QApplication::font());
    const auto px = [unit](double units) { return qRound(units * unit); };
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(px(8), px(1), px(8), px(1));
    row->setSpacing(px(2));
    setFixedHeight(px(44));
    setAccessibleName(tr("Toolbar"));

    openButton_ = menuButton(tr("Open"), openMenu, true);
    row->addWidget(openButton_);
    row->addWidget(button(QStringLiteral("file.save"), false));
    givesWay_.pop_back();  // Save never shows a text
    row->addWidget(separator());
    for (const char* id : {"edit.undo", "edit.redo"}) {
        QToolButton* each = button(QLatin1String(id), false);
        givesWay_.pop_back();
        row->addWidget(each);
    }
    row->addWidget(separator());
    row->addWidget(button(QStringLiteral("run.capture"), false));
    row->addWidget(button(QStringLiteral("run.benchmark"), false));
    row->addWidget(button(QStringLiteral("run.live"), true));
    exportButton_ = menuButton(tr("Export"), exportMenu, false);
    row->addWidget(exportButton_);
    row->addStretch(1);
    for (const char* id : {"layout.inspect", "layout.tune", "layout.compare"}) {
        QToolButton* each = button(QLatin1String(id), true);
        each->setToolButtonStyle(Qt::ToolButtonTextOnly);
        each->setMinimumWidth(px(64));
        row->addWidget(each);
    }
    row->addSpacing(px(8));
    search_ = new QPushButton(this);
    search_->setAccessibleName(tr("Search actions and layers"));
    search_->setFocusPolicy(Qt::TabFocus);
    connect(search_, &QPushButton::clicked, this, &MainToolBar::searchRequested);
    row->addWidget(search_);
    row->addStretch(1);
    row->addWidget(separator());
    engine_ = new EngineButton(engine, this);
    // What is spare goes to the words of the engine first: gaps carry nothing.
    row->addWidget(engine_, 10);
    setLevel(0);
    level_ = 0;
}

QToolButton* MainToolBar::button(const QString& id, bool keepsText) {
    auto* result = new QToolButton(this);
    QAction* action = actions_.action(id);
    result->setDefaultAction(action);
    result->setAccessibleName(QString(action->text()).remove(QStringLiteral("…")));
    result->setToolButtonStyle(keepsText ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
    result->setFocusPolicy(Qt::TabFocus);
    result->setMinimumHeight(qRound(28 * designUnit(QApplication::font())));
    if (!keepsText) givesWay_.push_back(result);
    return result;
}

QToolButton* MainToolBar::menuButton(const QString& text, QMenu* menu, bool keepsText) {
    auto* result = new QToolButton(this);
    result->setText(QLatin1Char(' ') + text + QStringLiteral("  ▾"));
    result->setAccessibleName(text);
    result->setMenu(menu);
    result->setPopupMode(QToolButton::InstantPopup);
    result->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    result->setStyleSheet(QStringLiteral("QToolButton::menu-indicator { image: none; }"));
    result->setFocusPolicy(Qt::TabFocus);
    result->setMinimumHeight(qRound(28 * designUnit(QApplication::font())));
    if (!keepsText) givesWay_.push_back(result);
    return result;
}

QFrame* MainToolBar::separator() {
    auto* line = new QFrame(this);
    line->setFixedWidth(1 + qRound(12 * designUnit(QApplication::font())));
    line->setObjectName(QStringLiteral("separator"));
    separators_.push_back(line);
    return line;
}

void MainToolBar::applyTheme(const Theme& theme) {
    theme_ = &theme;
    const int margin = qRound(6 * designUnit(QApplication::font()));
    for (QFrame* line : separators_) {
        line->setStyleSheet(
            QStringLiteral("#separator { border: 0; border-left: 1px solid %1; margin-left: %2px; }")
                .arg(theme.color(Role::Border).name())
                .arg(margin));
    }
    openButton_->setIcon(themedIcon(QStringLiteral("folder"), theme));
    exportButton_->setIcon(themedIcon(QStringLiteral("export"), theme));
    search_->setIcon(themedIcon(QStringLiteral("lens"), theme));
    engine_->applyTheme(theme);
    update();
}

void MainToolBar::setLevel(int level) {
    level_ = level;
    for (QToolButton* each : givesWay_)
        each->setToolButtonStyle(level >= 1 ? Qt::ToolButtonIconOnly : Qt::ToolButtonTextBesideIcon);
    search_->setText(level >= 1
                         ? QStringLiteral(" Ctrl+K")
                         : QLatin1Char(' ') + tr("Search actions and layers") + QStringLiteral("   Ctrl+K"));
    engine_->setShort(level >= 2);
    updateGeometry();
}

void MainToolBar::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.fillRect(rect(), theme_->color(Role::Panel));
    painter.setPen(theme_->color(Role::Border));
    painter.drawLine(0, height() - 1, width(), height() - 1);
}

}  // namespace rankscope::gui
