// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lecture_stage.hpp"

#include "app/gui/teaching/lecture_view.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QCloseEvent>
#include <QPainter>
#include <QVBoxLayout>

#include <functional>

namespace rankscope::gui {
namespace {

/// Paints what it is told over everything.
class Cover : public QWidget {
public:
    Cover(std::function<void(QPainter&)> paint, QWidget* parent) : QWidget(parent), paint_(std::move(paint)) {
        setAttribute(Qt::WA_OpaquePaintEvent);
        hide();
    }

protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter painter(this);
        paint_(painter);
    }

    // Nothing under it can be pressed.
    void mousePressEvent(QMouseEvent* /*event*/) override {}

private:
    std::function<void(QPainter&)> paint_;
};

}  // namespace

LectureStage::LectureStage(LectureRun& run, bool audience, QWidget* parent)
    : QWidget(parent, audience ? Qt::Window : Qt::Widget), audience_(audience) {
    setFocusPolicy(Qt::StrongFocus);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    view_ = new LectureView(run, audience, this);
    column->addWidget(view_);
    cover_ = new Cover(
        [this](QPainter& painter) {
            if (black_) {
                painter.fillRect(cover_->rect(), Qt::black);
                return;
            }
            painter.drawPixmap(cover_->rect(), picture_);
            // A held picture looks live: the speaker must know. The audience need not.
            if (audience_) return;
            const QFont font = scaledFont(QApplication::font(), TextRole::LabelStrong);
            const QString text = tr("Held still  F");
            painter.setFont(font);
            const double u = designUnit(QApplication::font());
            const QRectF place(cover_->width() / 2.0 - 70 * u, cover_->height() - 34 * u, 140 * u, 26 * u);
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(Qt::NoPen);
            painter.setBrush(theme_->color(Role::Ink));
            painter.drawRoundedRect(place, 13 * u, 13 * u);
            painter.setPen(theme_->color(Role::Panel));
            painter.drawText(place, Qt::AlignCenter, text);
        },
        this);
    if (audience) {
        setWindowTitle(tr("Rankscope lecture"));
        setAccessibleName(tr("Lecture, the audience's picture"));
    }
}

void LectureStage::setFrozen(bool frozen) {
    if (frozen == frozen_) return;
    if (frozen) picture_ = view_->grab();
    frozen_ = frozen;
    if (!frozen) picture_ = {};
    showCover();
}

void LectureStage::setBlack(bool black) {
    if (black == black_) return;
    black_ = black;
    showCover();
}

void LectureStage::showCover() {
    cover_->setGeometry(rect());
    cover_->setVisible(frozen_ || black_);
    cover_->raise();
    cover_->update();
}

void LectureStage::applyTheme(const Theme& theme) {
    theme_ = &theme;
    view_->applyTheme(theme);
    update();
}

void LectureStage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    cover_->setGeometry(rect());
}

void LectureStage::closeEvent(QCloseEvent* event) {
    event->accept();
    if (audience_) Q_EMIT closed();
}

void LectureStage::paintEvent(QPaintEvent* /*event*/) {
    QPainter(this).fillRect(rect(), theme_->color(Role::Window));
}

}  // namespace rankscope::gui
