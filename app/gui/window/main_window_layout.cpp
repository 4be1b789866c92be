// SPDX-License-Identifier: GPL-3.0-or-later
// How the window shares its room: layouts, shrinking, maximised and popped-out panels, type size.
#include "app/gui/client/engine_control.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/layer_panels/layer_panel.hpp"
#include "app/gui/layer_panels/noise_panel.hpp"
#include "app/gui/layer_panels/state_panel.hpp"
#include "app/gui/layer_panels/token_scrubber.hpp"
#include "app/gui/plan_panels/channels_panel.hpp"
#include "app/gui/plan_panels/history_notes_panel.hpp"
#include "app/gui/plan_panels/layer_table.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "app/gui/teaching/tour_run.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/tradeoff_panels/compare_panel.hpp"
#include "app/gui/tradeoff_panels/plans_jobs_panel.hpp"
#include "app/gui/tradeoff_panels/ribbon.hpp"
#include "app/gui/tradeoff_panels/story_card.hpp"
#include "app/gui/tradeoff_panels/tradeoff_panel.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/file_drop.hpp"
#include "app/gui/window/main_tool_bar.hpp"
#include "app/gui/window/main_window.hpp"

#include <QApplication>
#include <QDialog>
#include <QKeyEvent>
#include <QMenuBar>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QVBoxLayout>

#include <algorithm>
#include <array>
#include <cmath>

namespace rankscope::gui {
namespace {

// Left, middle, right in percent: Inspect, Tune, Compare, and Tune beside a story.
constexpr std::array<std::array<int, 3>, 4> kShares{{{26, 47, 27}, {42, 28, 30}, {26, 42, 32}, {25, 30, 45}}};
constexpr int kSharesVersion = 1;

QString sharesKey(int index) {
    return QStringLiteral("shares%1/%2").arg(kSharesVersion).arg(index);
}

}  // namespace

void MainWindow::setLayout(Layout layout) {
    layout_ = layout;
    const char* ids[] = {"layout.inspect", "layout.tune", "layout.compare"};
    for (int i = 0; i < 3; ++i)
        actions_->action(QLatin1String(ids[i]))->setChecked(i == static_cast<int>(layout));
    noise_ = false;
    layer_->setCompact(layout == Layout::Tune);
    plan_->setCompare(layout == Layout::Compare);
    // The story is told beside a tall trade-off; the others need their height.
    // A tour has a card of its own.
    if (lecture_ == nullptr)
        story_->setAside(layout != Layout::Tune || (tour_ != nullptr && tour_->isRunning()));
    showMiddle();
    applyShares();
    fitWidth();
}

void MainWindow::applyShares() {
    const bool story = story_->isVisibleTo(rightColumn_) && layout_ == Layout::Tune;
    const int index = story ? 3 : static_cast<int>(layout_);
    const QVariantList saved = QSettings().value(sharesKey(index)).toList();
    QList<int> sizes;
    const int width = std::max(columns_->width(), 1000);
    for (int i = 0; i < 3; ++i)
        sizes << (saved.size() == 3
                      ? saved[i].toInt()
                      : kShares[static_cast<std::size_t>(index)][static_cast<std::size_t>(i)] * width / 100);
    columns_->setSizes(sizes);
}

void MainWindow::rememberShares() {
    const bool story = story_->isVisibleTo(rightColumn_) && layout_ == Layout::Tune;
    QVariantList sizes;
    for (const int size : columns_->sizes())
        sizes << size;
    QSettings().setValue(sharesKey(story ? 3 : static_cast<int>(layout_)), sizes);
}

void MainWindow::showMiddle() {
    QWidget* page = layer_;
    if (noise_) {
        page = noisePanel_;
    } else if (layout_ == Layout::Compare) {
        page = compare_;
    } else if (workspace_.selection.level() == Selection::Level::State) {
        page = state_;
    }
    middleStack_->setCurrentWidget(page);
    scrubber_->setVisible(page == layer_ || page == state_);
}

void MainWindow::showPlace(const QString& name) {
    if (isLecture()) return;
    if (maximised_ != nullptr) maximise(maximised_);
    const bool layer = name == QLatin1String("layer"), state = name == QLatin1String("state");
    if (name == QLatin1String("compare")) {
        rememberShares();
        setLayout(Layout::Compare);
    } else if ((layer || state) && layout_ == Layout::Compare) {
        rememberShares();
        setLayout(Layout::Inspect);
    }
    if (layer || state) {
        noise_ = false;
        workspace_.selection.setLevel(state ? Selection::Level::State : Selection::Level::Layer);
        showMiddle();
    }
    if (QWidget* there = place(name)) focusInto(there);
}

// The first level of shrinking at which everything fits.
void MainWindow::fitWidth() {
    const double unit = designUnit(QApplication::font());
    const int room = width();
    for (int level = 0; level <= 4; ++level) {
        level_ = level;
        toolBar_->setLevel(level >= 4 ? 2 : std::min(level, 1));
        ribbon_->setLevel(level);
        if (toolBar_->minimumSizeHint().width() <= room
            && ribbon_->neededWidth(level) <= room - qRound(12 * unit))
            break;
    }
    plans_->setLevel(level_);
    const bool low = height() < qRound(800 * unit);
    // Where there is no height for a panel of their own the channels stand beside history and notes. One that
    // was popped out stays where it is.
    const bool apart = channels_->parentWidget() == left_;
    if (low && apart) {
        history_->setExtraPage(tr("Channels"), channels_);
        dress(channels_);
    } else if (!low && history_->extraPage() == channels_) {
        history_->takeExtraPage();
        left_->insertWidget(1, channels_);
        dress(channels_);
    }
    if (channels_->parentWidget() == left_) channels_->show();
    compare_->setTabbed(low || room < qRound(1400 * unit));
}

void MainWindow::maximise(QWidget* panel) {
    if (maximised_ != nullptr) {
        for (QWidget* widget : hidden_)
            widget->show();
        hidden_.clear();
        const bool same = maximised_ == panel;
        maximised_ = nullptr;
        showMiddle();
        fitWidth();
        applyShares();
        if (same) return;
    }
    if (panel == nullptr) return;
    maximised_ = panel;
    // Everything beside the panel and beside what holds it.
    for (QWidget* at = panel; at != centralWidget(); at = at->parentWidget()) {
        const QWidget* parent = at->parentWidget();
        if (qobject_cast<const QStackedWidget*>(parent) != nullptr) continue;
        for (QObject* child : parent->children()) {
            auto* widget = qobject_cast<QWidget*>(child);
            if (widget == nullptr || widget == at || widget == toolBar_ || widget == ribbon_
                || !widget->isVisible() || widget->inherits("QSplitterHandle"))
                continue;
            widget->hide();
            hidden_ << widget;
        }
    }
}

void MainWindow::popOut(QWidget* panel) {
    auto* place = qobject_cast<QSplitter*>(panel->parentWidget());
    auto* stack = qobject_cast<QStackedWidget*>(panel->parentWidget());
    if (place == nullptr && stack == nullptr) return;
    const int index = place != nullptr ? place->indexOf(panel) : stack->indexOf(panel);
    auto* window = new QDialog(this, Qt::Window);
    window->setAttribute(Qt::WA_DeleteOnClose);
    FileDrop::extendTo(window);
    window->setWindowTitle(panel->accessibleName() + QStringLiteral(" – Rankscope"));
    window->resize(panel->size());
    auto* column = new QVBoxLayout(window);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(panel);
    panel->show();
    // Closing the window gives the panel back.
    connect(window, &QDialog::finished, this, [this, panel, place, stack, index] {
        if (place != nullptr) {
            place->insertWidget(index, panel);
        } else {
            stack->insertWidget(index, panel);
        }
        panel->show();
        dress(panel);
        showMiddle();
    });
    if (stack != nullptr) showMiddle();
    window->show();
    dress(panel);
}

// A style sheet gives a widget that comes to another parent the palette of long ago, perhaps of another
// theme.
void MainWindow::dress(QWidget* panel) {
    if (auto* themed = qobject_cast<Panel*>(panel)) themed->applyTheme(*theme_);
}

QWidget* MainWindow::focusedPanel() const {
    const QWidget* focus = QApplication::focusWidget();
    for (QWidget* panel : panels_) {
        if (focus != nullptr && (panel == focus || panel->isAncestorOf(focus))) return panel;
    }
    return nullptr;
}

void MainWindow::stepPanel(int direction) {
    QList<QWidget*> shown;
    for (QWidget* panel : panels_) {
        if (panel->isVisible()) shown << panel;
    }
    if (shown.isEmpty()) return;
    const qsizetype at = shown.indexOf(focusedPanel());
    const qsizetype next = (at + direction + shown.size()) % shown.size();
    QWidget* panel = shown[at < 0 ? 0 : next];
    focusInto(panel);
}

void MainWindow::focusInto(QWidget* panel) {
    QWidget* target = panel;
    if (const auto* own = qobject_cast<Panel*>(panel); own != nullptr && own->keyboardTarget() != nullptr) {
        own->keyboardTarget()->setFocus(Qt::TabFocusReason);
        return;
    }
    // The first thing in it that takes the keyboard.
    for (QWidget* child = panel->nextInFocusChain(); child != panel; child = child->nextInFocusChain()) {
        if (panel->isAncestorOf(child) && child->isVisible() && child->isEnabled()
            && (child->focusPolicy() & Qt::TabFocus) != 0) {
            target = child;
            break;
        }
    }
    target->setFocus(Qt::TabFocusReason);
}

void MainWindow::scaleFont(double factor) {
    QFont font = QApplication::font();
    font.setPointSizeF(font.pointSizeF() * factor / fontFactor_);
    fontFactor_ = factor;
    QApplication::setFont(font);
    setTheme(*theme_);
    fitWidth();
    applyShares();
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    QMainWindow::resizeEvent(event);
    fitWidth();
}

void MainWindow::changeEvent(QEvent* event) {
    QMainWindow::changeEvent(event);
}

// Esc: the innermost thing that is open.
void MainWindow::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        if (maximised_ != nullptr) {
            maximise(nullptr);
        } else if (lecture_ != nullptr) {
            setLecture(false);
        } else if (tour_->isRunning()) {
            tour_->leave();
        } else if (banner_->isVisible()) {
            banner_->hide();
        }
        return;
    }
    // Nothing of the window under a lecture: a copy could hold what is asked.
    if (lecture_ != nullptr) return;
    // Keys that nothing with the keyboard took: they walk through the model from everywhere.
    if (event->matches(QKeySequence::Copy)) {
        copyPanel();
        return;
    }
    if ((event->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier) {
        Selection& selection = workspace_.selection;
        switch (event->key()) {
            case Qt::Key_Up:
            case Qt::Key_Down:
                plan_->table()->stepLayer(event->key() == Qt::Key_Down ? 1 : -1);
                return;
            case Qt::Key_Left:
            case Qt::Key_Right:
                plan_->table()->stepHead(event->key() == Qt::Key_Right ? 1 : -1);
                return;
            case Qt::Key_Return:
            case Qt::Key_Enter:
                selection.setLevel(Selection::Level::State);
                return;
            case Qt::Key_Backspace:
                selection.setLevel(Selection::Level::Layer);
                return;
            case Qt::Key_Space:
                scrubber_->togglePlay();
                return;
            default:
                break;
        }
    }
    QMainWindow::keyPressEvent(event);
}

void MainWindow::copyPanel() {
    if (auto* panel = qobject_cast<Panel*>(focusedPanel())) {
        panel->copyData();
    } else {
        say(tr("Click into a panel first"));
    }
}

}  // namespace rankscope::gui
