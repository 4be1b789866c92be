// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/charts/whole_file.hpp"

#include "core/base/error.hpp"
#include "core/base/file.hpp"

#include <QFile>

#include <string_view>

namespace rankscope::gui {

// Not QSaveFile: where the disk is full in the middle of a write it takes what fitted for the whole, and puts
// that in the place of the former file.
QString writeWholeFile(const QString& path, const QByteArray& bytes) {
    try {
        write_text_file(QFile::encodeName(path).toStdString(),
                        std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
        return {};
    } catch (const Error& error) {
        const QString hint = QString::fromStdString(error.hint());
        return QString::fromUtf8(error.what()) + (hint.isEmpty() ? hint : QLatin1Char('\n') + hint);
    }
}

}  // namespace rankscope::gui
