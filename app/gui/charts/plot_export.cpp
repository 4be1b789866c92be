// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/plot_export.hpp"

#include "app/gui/charts/plot_tex.hpp"
#include "app/gui/charts/plot_view.hpp"
#include "app/gui/charts/whole_file.hpp"

#include <QBuffer>
#include <QCoreApplication>
#include <QFileInfo>
#include <QGraphicsScene>
#include <QMarginsF>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>
#include <QSvgGenerator>

#include <memory>

namespace rankscope::gui {
namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("PlotExport", text);
}

QString titleOf(const PlotView& view, const ExportOptions& options) {
    return options.title.isEmpty() ? view.accessibleName() : options.title;
}

// A copy of the view that is laid out as if it were on the screen.
std::unique_ptr<PlotView> staged(const PlotView& view, const ExportOptions& options) {
    std::unique_ptr<PlotView> stage = view.copy();
    stage->setHeading(titleOf(view, options));
    stage->setCaption(options.caption);
    stage->resize(options.size.isEmpty() ? view.size() : options.size);
    stage->setTheme(*options.theme);
    stage->setAttribute(Qt::WA_DontShowOnScreen);
    stage->setFocusPolicy(Qt::NoFocus);
    stage->show();
    // Qt Charts lays out by posted events.
    QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    QCoreApplication::sendPostedEvents(nullptr, QEvent::MetaCall);
    return stage;
}

void paint(PlotView& stage, QPainter& painter, const QRectF& target) {
    const QRectF area(QPointF(), stage.size());
    painter.setRenderHint(QPainter::Antialiasing);
    painter.fillRect(target, stage.theme().color(Role::Panel));
    stage.scene()->render(&painter, target, area);
}

void writeSvg(PlotView& stage, QIODevice& device, const QString& title) {
    QSvgGenerator generator;
    generator.setOutputDevice(&device);
    generator.setSize(stage.size());
    generator.setViewBox(QRect(QPoint(), stage.size()));
    generator.setResolution(96);
    generator.setTitle(title);
    generator.setDescription(stage.describe());
    QPainter painter(&generator);
    paint(stage, painter, QRectF(QPointF(), stage.size()));
}

void writePdf(PlotView& stage, QIODevice& device, const QString& title) {
    QPdfWriter writer(&device);
    // At the default of 1200 dpi text would be painted twelve times too big.
    writer.setResolution(96);
    writer.setTitle(title);
    writer.setCreator(QStringLiteral("Rankscope"));
    writer.setPageSize(
        QPageSize(QSizeF(stage.size()) * 72 / 96, QPageSize::Point, QString(), QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF());
    QPainter painter(&writer);
    paint(stage, painter, QRectF(QPointF(), stage.size()));
}

}  // namespace

QImage plotImage(const PlotView& view, const ExportOptions& options) {
    const auto stage = staged(view, options);
    QImage image(stage->size() * options.scale, QImage::Format_ARGB32_Premultiplied);
    image.fill(stage->theme().color(Role::Panel));
    QPainter painter(&image);
    painter.scale(options.scale, options.scale);
    paint(*stage, painter, QRectF(QPointF(), stage->size()));
    painter.end();
    // After painting: the file says its resolution, readers show it at the size of the screen.
    image.setDotsPerMeterX(static_cast<int>(96 * options.scale / 0.0254));
    image.setDotsPerMeterY(static_cast<int>(96 * options.scale / 0.0254));
    return image;
}

QString exportPlot(const PlotView& view, const QString& path, const ExportOptions& options) {
    const QString suffix = QFileInfo(path).suffix().toLower();
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    if (suffix == QLatin1String("csv")) {
        bytes = view.table().toCsv().toUtf8();
    } else if (suffix == QLatin1String("png")) {
        if (!plotImage(view, options).save(&buffer, "PNG"))
            return tr("%1: the picture could not be encoded").arg(path);
    } else if (suffix == QLatin1String("svg")) {
        writeSvg(*staged(view, options), buffer, titleOf(view, options));
    } else if (suffix == QLatin1String("pdf")) {
        writePdf(*staged(view, options), buffer, titleOf(view, options));
    } else if (suffix == QLatin1String("tex")) {
        bytes = plotTex(staged(view, options)->drawing(), titleOf(view, options), options.caption);
    } else {
        return tr("%1: found the suffix '%2', expected png, svg, pdf, tex or csv").arg(path, suffix);
    }
    buffer.close();
    return writeWholeFile(path, bytes);
}

}  // namespace rankscope::gui
