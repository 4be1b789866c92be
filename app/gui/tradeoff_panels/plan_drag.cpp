// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/plan_drag.hpp"

#include <QMimeData>

namespace rankscope::gui {

QString pointMimeType() {
    return QStringLiteral("application/x-rankscope-point");
}

QMimeData* pointMimeData(const QString& id, const QString& name) {
    auto* data = new QMimeData;
    data->setData(pointMimeType(), id.toUtf8());
    data->setText(name);
    return data;
}

QString pointOfMimeData(const QMimeData& data) {
    return QString::fromUtf8(data.data(pointMimeType()));
}

}  // namespace rankscope::gui
