// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/jobs_list.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/widgets/elided_label.hpp"

#include <QApplication>
#include <QCoreApplication>
#include <QFontMetricsF>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr std::size_t kMostRows = 60;

QString tr(const char* text) {
    return QCoreApplication::translate("JobsList", text);
}

QString progressText(const EngineJob& job) {
    if (job.state == EngineJob::State::Queued) return tr("queued");
    QStringList parts;
    if (job.total > 0 && job.unit == QLatin1String("bytes"))
        parts.append(tr("%1 of %2").arg(number_text::bytes(job.done), number_text::bytes(job.total)));
    else if (job.total > 0)
        parts.append(tr("%1 of %2 %3")
                         .arg(number_text::integer(std::llround(job.done)),
                              number_text::integer(std::llround(job.total)), job.unit)
                         .trimmed());
    const QString left = timeLeftText(job.etaSeconds);
    if (!left.isEmpty()) parts.append(left);
    return parts.join(QStringLiteral(" · "));
}

QString endText(const EngineJob& job) {
    switch (job.state) {
        case EngineJob::State::Finished:
            return tr("finished in %1").arg(durationText(job.seconds));
        case EngineJob::State::Cancelled:
            return tr("cancelled after %1").arg(durationText(job.seconds));
        case EngineJob::State::Superseded:
            return tr("superseded: the plan changed");
        default:
            return tr("failed after %1").arg(durationText(job.seconds));
    }
}

bool isOpen(const EngineJob& job) {
    return job.state == EngineJob::State::Running || job.state == EngineJob::State::Queued;
}

}  // namespace

/// One job: title, a line about it, a bar while it runs, reason and remedy when it failed.
class JobRow : public QWidget {
public:
    explicit JobRow(QWidget* parent) : QWidget(parent) {
        title_ = new ElidedLabel({}, this);
        about_ = new QLabel(this);
        about_->setTextFormat(Qt::PlainText);
        about_->setWordWrap(true);
        cancel_ = new QPushButton(tr("Cancel"), this);
        cancel_->setAutoDefault(false);
        auto* grid = new QGridLayout(this);
        grid->addWidget(title_, 0, 0);
        grid->addWidget(about_, 1, 0);
        grid->addWidget(cancel_, 0, 1, 2, 1, Qt::AlignVCenter);
        grid->setColumnStretch(0, 1);
        layoutRow();
    }

    [[nodiscard]] QPushButton* cancel() { return cancel_; }

    [[nodiscard]] const EngineJob& job() const { return job_; }

    void setTheme(const Theme& theme) {
        theme_ = &theme;
        colour();
        update();
    }

    void setJob(const EngineJob& job) {
        job_ = job;
        title_->setFullText(job.title);
        QString about = isOpen(job) ? progressText(job) : endText(job);
        if (job.state == EngineJob::State::Failed) {
            if (!job.message.isEmpty()) about = job.message;
            if (!job.hint.isEmpty()) about += QLatin1Char('\n') + job.hint;
        }
        about_->setText(about);
        cancel_->setVisible(isOpen(job));
        cancel_->setAccessibleName(tr("Cancel %1").arg(job.title));
        setAccessibleName(QStringLiteral("%1, %2").arg(job.title, about));
        colour();
        update();
    }

    void layoutRow() {
        const double u = designUnit(QApplication::font());
        layout()->setContentsMargins(qRound(12 * u), qRound(6 * u), qRound(10 * u), qRound(9 * u));
        static_cast<QGridLayout*>(layout())->setHorizontalSpacing(qRound(10 * u));
        static_cast<QGridLayout*>(layout())->setVerticalSpacing(qRound(1 * u));
        title_->setFont(scaledFont(QApplication::font(), TextRole::Body));
        about_->setFont(scaledFont(QApplication::font(), TextRole::Label));
        cancel_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    }

protected:
    void changeEvent(QEvent* event) override {
        QWidget::changeEvent(event);
        if (event->type() == QEvent::FontChange && layout() != nullptr) layoutRow();
    }

    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter painter(this);
        const double u = designUnit(QApplication::font());
        painter.setPen(QPen(theme_->color(Role::Grid), 1));
        painter.drawLine(QPointF(0, height() - 0.5), QPointF(width(), height() - 0.5));
        if (job_.state != EngineJob::State::Running) return;
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF track(12 * u, height() - 6 * u, width() - 24 * u, 3 * u);
        painter.setPen(Qt::NoPen);
        painter.setBrush(theme_->color(Role::Track));
        painter.drawRoundedRect(track, 1.5 * u, 1.5 * u);
        if (!(job_.total > 0)) return;
        painter.setBrush(theme_->color(Role::Accent));
        const double share = std::clamp(job_.done / job_.total, 0.0, 1.0);
        painter.drawRoundedRect(QRectF(track.topLeft(), QSizeF(track.width() * share, track.height())),
                                1.5 * u, 1.5 * u);
    }

private:
    void colour() {
        const auto paint = [&](QLabel* label, Role role) {
            QPalette palette = label->palette();
            palette.setColor(QPalette::WindowText, theme_->color(role));
            label->setPalette(palette);
        };
        paint(title_, isOpen(job_) || job_.state == EngineJob::State::Failed ? Role::Ink : Role::Ink2);
        paint(about_, job_.state == EngineJob::State::Failed ? Role::Err : Role::Ink2);
    }

    EngineJob job_;
    const Theme* theme_ = &Theme::light();
    ElidedLabel* title_;
    QLabel* about_;
    QPushButton* cancel_;
};

QString timeLeftText(double seconds) {
    if (!(seconds >= 0)) return {};
    if (seconds < 90) return tr("%1 s left").arg(std::max(1, qRound(seconds)));
    if (seconds < 5400) return tr("%1 min left").arg(qRound(seconds / 60));
    return tr("%1 h left").arg(number_text::significant(seconds / 3600, 2));
}

QString durationText(double seconds) {
    if (seconds < 10) return tr("%1 s").arg(number_text::significant(seconds, 2));
    const qint64 whole = std::llround(seconds);
    if (whole < 60) return tr("%1 s").arg(whole);
    if (whole < 3600)
        return whole % 60 == 0 ? tr("%1 min").arg(whole / 60)
                               : tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
    return tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

JobsList::JobsList(EngineControl& engine, QWidget* parent)
    : QScrollArea(parent), engine_(engine), theme_(&Theme::light()) {
    setAccessibleName(tr("Jobs"));
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* content = new QWidget(this);
    column_ = new QVBoxLayout(content);
    column_->setContentsMargins(0, 0, 0, 0);
    column_->setSpacing(0);
    empty_ = new QLabel(
        tr("Nothing runs and nothing waits. Change the plan with Live on, or start a sweep, a benchmark "
           "or a capture"),
        content);
    empty_->setWordWrap(true);
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setMargin(24);
    column_->addWidget(empty_, 1);
    column_->addStretch(0);
    setWidget(content);
    connect(&engine_, &EngineControl::jobsChanged, this, &JobsList::rebuild);
    applyTheme(*theme_);
    rebuild();
}

void JobsList::applyTheme(const Theme& theme) {
    theme_ = &theme;
    QPalette palette = this->palette();
    palette.setColor(QPalette::Window, theme.color(Role::Panel));
    setPalette(palette);
    widget()->setAutoFillBackground(true);
    widget()->setPalette(palette);
    QPalette soft = empty_->palette();
    soft.setColor(QPalette::WindowText, theme.color(Role::Ink2));
    empty_->setPalette(soft);
    for (JobRow* row : rows_)
        row->setTheme(theme);
}

int JobsList::openCount() const {
    return static_cast<int>(std::count_if(engine_.jobs().begin(), engine_.jobs().end(), isOpen));
}

int JobsList::rowCount() const {
    return static_cast<int>(rows_.size());
}

void JobsList::rebuild() {
    const auto& jobs = engine_.jobs();
    const std::size_t count = std::min(jobs.size(), kMostRows);
    // Rows stay where they are; only their jobs change. A button under the pointer is not taken away.
    while (static_cast<std::size_t>(rows_.size()) > count)
        delete rows_.takeLast();
    while (static_cast<std::size_t>(rows_.size()) < count) {
        auto* row = new JobRow(widget());
        row->setTheme(*theme_);
        connect(row->cancel(), &QPushButton::clicked, this, [this, row] { engine_.cancel(row->job().id); });
        column_->insertWidget(static_cast<int>(rows_.size()), row);
        rows_.append(row);
    }
    for (std::size_t i = 0; i < count; ++i)
        rows_[static_cast<qsizetype>(i)]->setJob(jobs[i]);
    empty_->setVisible(count == 0);
    column_->setStretch(column_->count() - 1, count == 0 ? 0 : 1);
    Q_EMIT countChanged();
}

}  // namespace rankscope::gui
