// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/engine_button.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/widgets/elided_label.hpp"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {

QString progressText(const QString& unit, double done, double total, double etaSeconds) {
    QString text;
    if (total > 0) {
        text = unit.isEmpty()
                   ? QStringLiteral("%1 %").arg(qRound(100 * done / total))
               : unit == QLatin1String("bytes")
                   ? EngineButton::tr("%1 of %2").arg(number_text::bytes(done), number_text::bytes(total))
                   : EngineButton::tr("%1 of %2 %3").arg(qRound64(done)).arg(qRound64(total)).arg(unit);
    }
    if (etaSeconds >= 0) {
        const QString left = etaSeconds < 90
                                 ? EngineButton::tr("%1 s left").arg(std::ceil(etaSeconds))
                                 : EngineButton::tr("%1 min left").arg(std::ceil(etaSeconds / 60));
        text += (text.isEmpty() ? QString() : QStringLiteral(" · ")) + left;
    }
    return text;
}

EngineButton::EngineButton(EngineControl& engine, QWidget* parent) : QFrame(parent), engine_(engine) {
    setObjectName(QStringLiteral("engine"));
    const double unit = designUnit(QApplication::font());
    const auto px = [unit](double units) { return qRound(units * unit); };
    icon_ = new QLabel(this);
    where_ = new ElidedLabel({}, this);
    where_->setFont(scaledFont(QApplication::font(), TextRole::LabelStrong));
    doing_ = new ElidedLabel({}, this);
    doing_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    bar_ = new QProgressBar(this);
    bar_->setTextVisible(false);
    bar_->setFixedHeight(px(3));
    bar_->setRange(0, 1000);
    bar_->setAccessibleName(tr("Progress of the running job"));
    QSizePolicy keep = bar_->sizePolicy();
    keep.setRetainSizeWhenHidden(true);
    bar_->setSizePolicy(keep);
    action_ = new QPushButton(this);
    more_ = new QToolButton(this);
    more_->setPopupMode(QToolButton::InstantPopup);
    more_->setStyleSheet(QStringLiteral("QToolButton::menu-indicator { image: none; }"));
    more_->setAccessibleName(tr("Engine menu"));
    menu_ = new QMenu(this);
    more_->setMenu(menu_);
    auto* lines = new QVBoxLayout;
    lines->setSpacing(0);
    lines->addWidget(where_);
    lines->addWidget(doing_);
    lines->addWidget(bar_);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(px(10), 0, px(4), 0);
    row->setSpacing(px(8));
    row->addWidget(icon_);
    row->addLayout(lines, 1);
    row->addWidget(action_);
    row->addWidget(more_);
    setMinimumWidth(px(250));
    setMaximumWidth(px(316));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    connect(action_, &QPushButton::clicked, this, [this] {
        const bool runs = std::ranges::find(engine_.jobs(), EngineJob::State::Running, &EngineJob::state)
                          != engine_.jobs().end();
        if (engine_.status().state == EngineStatus::State::Stopped
            || engine_.status().state == EngineStatus::State::Off
            || (!engine_.status().reason.isEmpty() && !runs)) {
            engine_.restart();
        } else {
            engine_.cancelRunning();
        }
    });
    connect(&engine_, &EngineControl::statusChanged, this, &EngineButton::refresh);
    connect(&engine_, &EngineControl::jobsChanged, this, &EngineButton::refresh);
    refresh();
}

void EngineButton::applyTheme(const Theme& theme) {
    theme_ = &theme;
    more_->setIcon(themedIcon(QStringLiteral("chevron-down"), theme));
    refresh();
}

void EngineButton::setShort(bool oneLine) {
    oneLine_ = oneLine;
    const double unit = designUnit(QApplication::font());
    setMinimumWidth(qRound((oneLine ? 210 : 250) * unit));
    refresh();
}

void EngineButton::refresh() {
    const EngineStatus& status = engine_.status();
    const auto& jobs = engine_.jobs();
    const auto running = std::ranges::find(jobs, EngineJob::State::Running, &EngineJob::state);
    const auto queued = std::ranges::count(jobs, EngineJob::State::Queued, &EngineJob::state);
    const bool busy = running != jobs.end();
    Role role = Role::Strong;
    QString where = status.where.isEmpty() ? tr("Engine") : status.where;
    QString doing;
    QStringList shorter;  // a number that is cut is another number
    action_->setVisible(false);
    switch (status.state) {
        case EngineStatus::State::Off:
            doing = tr("not started");
            action_->setText(tr("Start"));
            action_->setVisible(true);
            break;
        case EngineStatus::State::Starting:
            doing = tr("starting");
            break;
        case EngineStatus::State::Ready:
            role = Role::Ok;
            doing = tr("idle");
            if (status.pingMs >= 0) doing += tr(", ssh %1 ms").arg(qRound(status.pingMs));
            if (!status.reason.isEmpty() && !busy) {
                role = Role::Warn;
                doing = status.reason;
                action_->setText(status.remedy);
                action_->setVisible(true);
            }
            if (busy) {
                role = Role::Accent;
                where = running->title;
                doing = progressText(running->unit, running->done, running->total, running->etaSeconds);
                shorter << doing;
                if (queued > 0) doing += tr(" · +%1 queued").arg(queued);
                shorter << progressText({}, running->done, running->total, running->etaSeconds)
                        << progressText({}, running->done, running->total, -1);
                action_->setText(tr("Cancel"));
                action_->setVisible(true);
            }
            break;
        case EngineStatus::State::Stopped:
            role = Role::Err;
            where = tr("Engine stopped");
            // "ran out of memory": the first line has named the engine.
            doing = status.reason;
            if (const QString subject = tr("The engine "); doing.startsWith(subject))
                doing = doing.mid(subject.size());
            action_->setText(status.remedy.isEmpty() ? tr("Restart") : status.remedy);
            action_->setVisible(true);
            break;
    }
    icon_->setPixmap(iconPixmap(QStringLiteral("chip"), theme_->color(role),
                                18 * designUnit(QApplication::font()), devicePixelRatioF()));
    // Texts may give way, the button never.
    action_->setMinimumWidth(action_->sizeHint().width());
    // In one line how far it is says more than what it is.
    const bool swapped = oneLine_ && (busy || status.state == EngineStatus::State::Stopped);
    if (swapped) std::swap(where, doing);
    where_->setFullText(where, swapped ? shorter : QStringList());
    doing_->setFullText(doing, swapped ? QStringList() : shorter);
    doing_->setVisible(!oneLine_);
    QPalette soft = doing_->palette();
    soft.setColor(QPalette::WindowText,
                  theme_->color(role == Role::Err || role == Role::Warn ? role : Role::Ink2));
    doing_->setPalette(soft);
    bar_->setVisible(busy && running->total > 0);
    if (busy && running->total > 0) bar_->setValue(qRound(1000 * running->done / running->total));
    setAccessibleName(tr("Engine: %1, %2").arg(where, doing));
    setToolTip(status.detail.isEmpty() ? status.reason : status.reason + QLatin1Char('\n') + status.detail);
}

}  // namespace rankscope::gui
