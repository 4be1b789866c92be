// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/theme/icons.hpp"

#include <QDir>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

#include <algorithm>
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

// Most icons are never shown disabled, and none at three sizes: they are drawn when they are asked for.
class ThemedIconEngine : public QIconEngine {
public:
    ThemedIconEngine(const QString& name, const QColor& normal, const QColor& disabled, double size)
        : name_(name), normal_(normal), disabled_(disabled), size_(size) {}

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
        const double ratio = painter->device()->devicePixelRatioF();
        painter->drawPixmap(rect, pixmap((QSizeF(rect.size()) * ratio).toSize(), mode, state));
    }

    /// Size in pixels of the device; the icon is square and stands in the middle.
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State /*state*/) override {
        const QColor& color = mode == QIcon::Disabled ? disabled_ : normal_;
        const int side = std::min(size.width(), size.height());
        const QString key = QStringLiteral("icon %1 %2 %3x%4")
                                .arg(name_, color.name(QColor::HexArgb), QString::number(size.width()),
                                     QString::number(size.height()));
        QPixmap pixmap;
        if (side <= 0 || QPixmapCache::find(key, &pixmap)) return pixmap;
        pixmap = QPixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.drawPixmap((size.width() - side) / 2, (size.height() - side) / 2,
                           iconPixmap(name_, color, side, 1));
        painter.end();
        QPixmapCache::insert(key, pixmap);
        return pixmap;
    }

    QSize actualSize(const QSize& size, QIcon::Mode /*mode*/, QIcon::State /*state*/) override {
        return size;  // device pixels: as sharp as the screen
    }

    QList<QSize> availableSizes(QIcon::Mode /*mode*/, QIcon::State /*state*/) override {
        return {QSizeF(size_, size_).toSize()};
    }

    [[nodiscard]] QIconEngine* clone() const override { return new ThemedIconEngine(*this); }

    bool isNull() override { return false; }

private:
    QString name_;
    QColor normal_, disabled_;
    double size_;  ///< logical
};

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
    return QIcon(new ThemedIconEngine(name, theme.color(role), theme.color(Role::Strong, 0.5), size));
}

}  // namespace rankscope::gui
