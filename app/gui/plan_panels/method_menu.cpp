// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/method_menu.hpp"

#include "app/gui/plan_panels/layer_row.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/marker.hpp"

#include <QApplication>
#include <QMenu>
#include <QPainter>

#include <cmath>

namespace rankscope::gui {

const std::vector<std::string>& methodKeys() {
    static const std::vector<std::string> keys = [] {
        std::vector<std::string> all;
        for (const Method method :
             {Method::Random, Method::L1, Method::SWanda, Method::Taylor, Method::Energy, Method::Drrqr,
              Method::DrrqrNormalised, Method::DrrqrSampled})
            all.push_back(methodKey(method).toStdString());
        return all;
    }();
    return keys;
}

QIcon methodIcon(const std::string& key, const Theme& theme, double size) {
    QIcon icon;
    MarkerLook look;
    look.method =
        key.empty() ? Method::FullModel : methodOfKey(QString::fromStdString(key)).value_or(Method::Mixed);
    for (const double ratio : {1.0, 2.0, 3.0}) {
        const int pixels = static_cast<int>(std::lround(size * ratio));
        QPixmap pixmap(pixels, pixels);
        pixmap.fill(Qt::transparent);
        pixmap.setDevicePixelRatio(ratio);
        QPainter painter(&pixmap);
        drawMarker(painter, {size / 2, size / 2}, size * 0.58, look, theme, theme.color(Role::Panel));
        painter.end();
        icon.addPixmap(pixmap);
    }
    return icon;
}

void fillMethodMenu(QMenu& menu, const Theme& theme, const std::string& current,
                    std::function<void(const std::string&)> pick) {
    const double size = 16 * designUnit(QApplication::font());
    const auto add = [&](const std::string& key) {
        QAction* action = menu.addAction(methodIcon(key, theme, size), methodTitle(key));
        action->setIconVisibleInMenu(true);
        if (key == current) {
            QFont font = action->font();
            font.setWeight(QFont::DemiBold);
            action->setFont(font);
            menu.setActiveAction(action);
        }
        QObject::connect(action, &QAction::triggered, &menu, [pick, key] { pick(key); });
    };
    for (const std::string& key : methodKeys())
        add(key);
    menu.addSeparator();
    add({});
}

}  // namespace rankscope::gui
