// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/engine_details.hpp"

#include "app/gui/client/engine_command.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QFontDatabase>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace rankscope::gui {

EngineDetails::EngineDetails(const EngineAddress& address, QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Engine details"));
    text_ = new QPlainTextEdit(this);
    text_->setReadOnly(true);
    text_->setAccessibleName(tr("What the engine finds on its machine"));
    text_->setLineWrapMode(QPlainTextEdit::NoWrap);
    QFont mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    mono.setPointSizeF(scaledFont(QApplication::font(), TextRole::Body).pointSizeF());
    text_->setFont(mono);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    copy_ = buttons->addButton(tr("Copy"), QDialogButtonBox::ActionRole);
    copy_->setEnabled(false);
    connect(copy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(text()); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    auto* column = new QVBoxLayout(this);
    column->addWidget(text_, 1);
    column->addWidget(buttons);
    resize(QSize(640, 420) * designUnit(QApplication::font()));

    QString why;
    auto command = engineCommand(address, why);
    if (!command) {
        text_->setPlainText(why);
        return;
    }
    // In place of "serve"; what follows it is of no concern to doctor.
    command->arguments.resize(command->arguments.lastIndexOf(QStringLiteral("serve")));
    command->arguments.append(QStringLiteral("doctor"));
    text_->setPlainText(tr("Asking %1…").arg(command->program));
    process_.setProcessChannelMode(QProcess::MergedChannels);
    connect(&process_, &QProcess::finished, this, &EngineDetails::end);
    connect(&process_, &QProcess::errorOccurred, this,
            [this] { text_->setPlainText(process_.errorString()); });
    process_.start(command->program, command->arguments);
}

EngineDetails::~EngineDetails() {
    process_.disconnect(this);
    if (process_.state() == QProcess::NotRunning) return;
    process_.kill();
    process_.waitForFinished(1000);
}

QString EngineDetails::text() const {
    return text_->toPlainText();
}

void EngineDetails::end() {
    const QString said = QString::fromUtf8(process_.readAll()).trimmed();
    text_->setPlainText(said.isEmpty() ? tr("It ended with code %1 and no word").arg(process_.exitCode())
                                       : said);
    copy_->setEnabled(true);
}

}  // namespace rankscope::gui
