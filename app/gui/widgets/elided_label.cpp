// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/elided_label.hpp"

#include <QEvent>
#include <QFontMetrics>

namespace rankscope::gui {

ElidedLabel::ElidedLabel(const QString& text, QWidget* parent) : QLabel(parent) {
    setTextFormat(Qt::PlainText);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    setFullText(text);
}

void ElidedLabel::setFullText(const QString& text, const QStringList& shorter) {
    full_ = text;
    shorter_ = shorter;
    setAccessibleName(text);
    updateGeometry();
    elide();
}

QSize ElidedLabel::minimumSizeHint() const {
    return {0, QLabel::minimumSizeHint().height()};
}

QSize ElidedLabel::sizeHint() const {
    const QMargins margins = contentsMargins();
    return {fontMetrics().horizontalAdvance(full_) + 2 + margins.left() + margins.right(),
            QLabel::sizeHint().height()};
}

void ElidedLabel::resizeEvent(QResizeEvent* event) {
    QLabel::resizeEvent(event);
    elide();
}

void ElidedLabel::changeEvent(QEvent* event) {
    QLabel::changeEvent(event);
    if (event->type() == QEvent::FontChange) elide();
}

void ElidedLabel::elide() {
    QString fitting = full_;
    for (const QString& text : shorter_) {
        if (fontMetrics().horizontalAdvance(fitting) <= contentsRect().width()) break;
        fitting = text;
    }
    const QString shown = fontMetrics().elidedText(fitting, Qt::ElideRight, contentsRect().width());
    QLabel::setText(shown);
    setToolTip(shown == full_ ? QString() : full_);
}

}  // namespace rankscope::gui
