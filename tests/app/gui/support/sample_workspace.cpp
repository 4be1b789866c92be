// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/app/gui/support/sample_workspace.hpp"

#include <QApplication>
#include <QPixmap>
#include <QWidget>

namespace rankscope::gui {

void renderForEyes(QWidget& widget, const std::string& name) {
    const char* folder = std::getenv("RANKSCOPE_RENDER_DIR");
    if (folder == nullptr) return;
    widget.show();
    QApplication::processEvents();
    widget.grab().save(QString::fromStdString(std::string(folder) + "/" + name + ".png"));
}

}  // namespace rankscope::gui
