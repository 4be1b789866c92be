// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/widgets/split_frame.hpp"

#include <QPainter>

namespace rankscope::gui {
namespace {

class Gap : public QSplitterHandle {
public:
    Gap(Qt::Orientation orientation, SplitFrame* parent)
        : QSplitterHandle(orientation, parent), frame_(parent) {}

protected:
    void paintEvent(QPaintEvent* /*event*/) override {
        QPainter(this).fillRect(rect(), frame_->theme().color(Role::Window));
    }

private:
    SplitFrame* frame_;
};

}  // namespace

SplitFrame::SplitFrame(Qt::Orientation orientation, QWidget* parent) : QSplitter(orientation, parent) {
    setChildrenCollapsible(false);
    setHandleWidth(5);
}

void SplitFrame::applyTheme(const Theme& theme) {
    theme_ = &theme;
    for (int i = 0; i < count(); ++i)
        handle(i)->update();
}

QSplitterHandle* SplitFrame::createHandle() {
    return new Gap(orientation(), this);
}

}  // namespace rankscope::gui
