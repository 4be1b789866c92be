// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/flat_header.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QPainter>

#include <cmath>

namespace rankscope::gui {

FlatHeader::FlatHeader(QWidget* parent) : QHeaderView(Qt::Horizontal, parent) {
    setSectionResizeMode(QHeaderView::Fixed);
    setMinimumSectionSize(0);
    setHighlightSections(false);
    setMouseTracking(true);
    setFocusPolicy(Qt::NoFocus);
    setFrameShape(QFrame::NoFrame);
}

void FlatHeader::applyTheme(const Theme& theme) {
    theme_ = &theme;
    viewport()->update();
}

void FlatHeader::setRightAligned(int column, int space) {
    looks_[column].right = true;
    looks_[column].space = space;
}

void FlatHeader::setLeftAligned(int column, int space) {
    looks_[column].right = false;
    looks_[column].space = space;
}

void FlatHeader::setClickableTitle(int column, bool clickable) {
    looks_[column].clickable = clickable;
    viewport()->update();
}

void FlatHeader::setTitleShown(int column, bool shown) {
    looks_[column].shown = shown;
}

QSize FlatHeader::sizeHint() const {
    return {QHeaderView::sizeHint().width(),
            static_cast<int>(std::lround(26 * designUnit(QApplication::font())))};
}

void FlatHeader::paintEvent(QPaintEvent* event) {
    QPainter painter(viewport());
    painter.fillRect(viewport()->rect(), theme_->color(Role::Panel));
    painter.fillRect(QRect(0, viewport()->height() - 1, viewport()->width(), 1), theme_->color(Role::Border));
    painter.end();
    QHeaderView::paintEvent(event);
}

void FlatHeader::paintSection(QPainter* painter, const QRect& rect, int column) const {
    const auto found = looks_.find(column);
    const Look look = found == looks_.end() ? Look{} : found->second;
    painter->save();
    painter->fillRect(rect, theme_->color(Role::Panel));
    painter->fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme_->color(Role::Border));
    if (look.shown) {
        QFont font = scaledFont(QApplication::font(), TextRole::Label);
        const bool over = look.clickable
                          && logicalIndexAt(viewport()->mapFromGlobal(QCursor::pos())) == column
                          && viewport()->underMouse();
        font.setUnderline(over);
        painter->setFont(font);
        painter->setPen(theme_->color(look.clickable ? Role::Accent : Role::Ink2));
        const QRect inner =
            look.right ? rect.adjusted(0, 0, -look.space, 0) : rect.adjusted(look.space, 0, 0, 0);
        painter->drawText(inner, (look.right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter,
                          model()->headerData(column, Qt::Horizontal).toString());
    }
    painter->restore();
}

}  // namespace rankscope::gui
