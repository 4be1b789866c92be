// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/icons.hpp"

#include <QDir>
#include <QFile>
#include <QPainter>
#include <QSvgRenderer>

#include <cmath>

// Resources of a static library are linked in only when somebody asks for them; the macro must stand outside
// namespaces.
static void initIconResources() {
    Q_INIT_RESOURCE(icons);
}

namespace rankscope::gui {
namespace {

const QString& folder() {
    static const QString path = [] {
        initIconResources();
        return QStringLiteral(":/rankscope/icons");
    }();
    return path;
}

}  // namespace

QStringList iconNames() {
    QStringList names;
    for (const QString& file : QDir(folder()).entryList({QStringLiteral("*.svg")}))
        names.append(file.chopped(4));
    return names;
}

QPixmap iconPixmap(const QString& name, const QColor& color, double size, double deviceRatio) {
    QFile file(folder() + QLatin1Char('/') + name + QStringLiteral(".svg"));
    if (!file.open(QIODevice::ReadOnly)) {
        qWarning("icon '%s': there is no such icon", qPrintable(name));
        return {};
    }
    QByteArray svg = file.readAll();
    svg.replace("currentColor", color.name(QColor::HexRgb).toLatin1());
    QSvgRenderer renderer(svg);
    const int pixels = static_cast<int>(std::lround(size * deviceRatio));
    QPixmap pixmap(pixels, pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setOpacity(color.alphaF());
    renderer.render(&painter, QRectF(0, 0, pixels, pixels));
    painter.end();
    pixmap.setDevicePixelRatio(deviceRatio);
    return pixmap;
}

QIcon themedIcon(const QString& name, const Theme& theme, Role role, double size) {
    QIcon icon;
    for (const double ratio : {1.0, 2.0, 3.0}) {
        icon.addPixmap(iconPixmap(name, theme.color(role), size, ratio), QIcon::Normal);
        icon.addPixmap(iconPixmap(name, theme.color(Role::Strong, 0.5), size, ratio), QIcon::Disabled);
    }
    return icon;
}

}  // namespace rankscope::gui
