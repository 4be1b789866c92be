// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/save_file_name.hpp"

#include <QFileDialog>
#include <QFileInfo>
#include <QRegularExpression>

namespace rankscope::gui {
namespace {

constexpr qsizetype kLongestName = 80;

QString suffixOf(const QString& filter) {
    static const QRegularExpression kSuffix(QStringLiteral("\\*\\.(\\w+)"));
    return kSuffix.match(filter).captured(1);
}

}  // namespace

QString saveFileName(QWidget* parent, const QString& title, const QString& proposed, const QString& filters) {
    const QStringList names = filters.split(QStringLiteral(";;"));
    QFileDialog dialog(parent, title);
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setFileMode(QFileDialog::AnyFile);
    dialog.setNameFilters(names);
    dialog.setDefaultSuffix(suffixOf(names.first()));
    QObject::connect(&dialog, &QFileDialog::filterSelected, &dialog,
                     [&dialog](const QString& filter) { dialog.setDefaultSuffix(suffixOf(filter)); });
    const QFileInfo file(proposed);
    if (file.isAbsolute()) dialog.setDirectory(file.absolutePath());
    dialog.selectFile(file.fileName());
    return dialog.exec() == QDialog::Accepted ? dialog.selectedFiles().value(0) : QString();
}

QString fileNameFor(const QString& name) {
    QString file;
    for (const char32_t each : name.left(kLongestName).toUcs4()) {
        const bool apart = each == U'/' || each == U'\\' || !QChar::isPrint(each);
        file += apart ? QStringLiteral("-") : QString::fromUcs4(&each, 1);
    }
    file = file.trimmed();
    // A file that begins with a dot is hidden.
    while (file.startsWith(QLatin1Char('.')))
        file.remove(0, 1);
    return file.isEmpty() ? QStringLiteral("plan") : file;
}

}  // namespace rankscope::gui
