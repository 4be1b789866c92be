// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/segmented_switch.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QAbstractButton>
#include <QApplication>
#include <QFontMetricsF>
#include <QHBoxLayout>
#include <QPainter>

#include <cmath>

namespace rankscope::gui {

/// One of the buttons: a real button, so that keys and screen readers know it.
class Segment : public QAbstractButton {
public:
    Segment(const QString& text, SegmentedSwitch::Look look, QWidget* parent)
        : QAbstractButton(parent), look_(look) {
        setText(text);
        setCheckable(true);
        setAutoExclusive(true);
        setFocusPolicy(Qt::StrongFocus);
        setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    }

    void setTheme(const Theme& theme) {
        theme_ = &theme;
        update();
    }

    [[nodiscard]] QSize sizeHint() const override {
        const double u = designUnit(QApplication::font());
        // Bold or not, the width stays: nothing jumps when another one is on.
        const double width = QFontMetricsF(textFont(true)).horizontalAdvance(text());
        return {static_cast<int>(std::ceil(width + 24 * u)), static_cast<int>(std::ceil(26 * u))};
    }

    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        const QRectF box = QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5);
        const bool on = isChecked();
        if (look_ == SegmentedSwitch::Look::Boxed) {
            painter.setPen(QPen(theme_->color(on ? Role::Accent : Role::Border), 1));
            painter.setBrush(theme_->color(on ? Role::Select : underMouse() ? Role::Hover : Role::Panel));
            painter.drawRect(box);
        } else if (on) {
            painter.fillRect(QRectF(box.left(), box.bottom() - 1.5, box.width(), 2),
                             theme_->color(Role::Accent));
        }
        painter.setFont(textFont(on));
        painter.setPen(theme_->color(on ? Role::Ink : Role::Ink2));
        painter.drawText(rect(), Qt::AlignCenter, text());
        if (hasFocus()) {
            painter.setPen(QPen(theme_->color(Role::Accent), 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(QRectF(rect()).adjusted(2, 2, -2, -2), 2, 2);
        }
    }

    void enterEvent(QEnterEvent* event) override {
        QAbstractButton::enterEvent(event);
        update();
    }

    void leaveEvent(QEvent* event) override {
        QAbstractButton::leaveEvent(event);
        update();
    }

private:
    [[nodiscard]] static QFont textFont(bool on) {
        QFont font = scaledFont(QApplication::font(), TextRole::Body);
        font.setWeight(on ? QFont::DemiBold : QFont::Normal);
        return font;
    }

    const Theme* theme_ = &Theme::light();
    SegmentedSwitch::Look look_;
};

SegmentedSwitch::SegmentedSwitch(const QString& name, const QStringList& texts, Look look, QWidget* parent)
    : QWidget(parent) {
    setAccessibleName(name);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    for (const QString& text : texts) {
        auto* segment = new Segment(text, look, this);
        segment->setAccessibleName(QStringLiteral("%1: %2").arg(name, text));
        const int index = static_cast<int>(segments_.size());
        connect(segment, &QAbstractButton::clicked, this, [this, index] { Q_EMIT picked(index); });
        row->addWidget(segment);
        segments_.append(segment);
    }
    if (look == Look::Tabs) row->addStretch(1);
    segments_.first()->setChecked(true);
}

void SegmentedSwitch::applyTheme(const Theme& theme) {
    for (Segment* segment : segments_)
        segment->setTheme(theme);
}

int SegmentedSwitch::current() const {
    for (qsizetype i = 0; i < segments_.size(); ++i) {
        if (segments_[i]->isChecked()) return static_cast<int>(i);
    }
    return 0;
}

void SegmentedSwitch::setCurrent(int index) {
    segments_[index]->setChecked(true);
}

void SegmentedSwitch::setText(int index, const QString& text) {
    segments_[index]->setText(text);
    segments_[index]->updateGeometry();
}

void SegmentedSwitch::setToolTipOf(int index, const QString& text) {
    segments_[index]->setToolTip(text);
}

void SegmentedSwitch::setShown(int index, bool shown) {
    segments_[index]->setVisible(shown);
}

}  // namespace rankscope::gui
