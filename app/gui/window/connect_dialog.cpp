// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/connect_dialog.hpp"

#include "app/gui/theme/theme.hpp"
#include "app/gui/window/start_button.hpp"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

#include <algorithm>

namespace rankscope::gui {

ConnectDialog::ConnectDialog(QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Connect to another machine"));
    const QSettings settings;
    host = new QLineEdit(settings.value(QStringLiteral("host")).toString(), this);
    host->setAccessibleName(tr("Host"));
    host->setPlaceholderText(tr("gpu-box or user@gpu-box"));
    program = new QLineEdit(settings.value(QStringLiteral("hostProgram")).toString(), this);
    program->setAccessibleName(tr("Program there"));
    program->setPlaceholderText(QStringLiteral("rankscope-cli"));
    device = new QComboBox(this);
    device->setAccessibleName(tr("Device"));
    device->addItem(tr("Automatic"), QStringLiteral("auto"));
    device->addItem(tr("CPU"), QStringLiteral("cpu"));
    device->addItem(tr("CUDA"), QStringLiteral("cuda"));
    auto* explained =
        new QLabel(tr("Host as ssh knows it. Its key must be set up: nobody is asked for a password. "
                      "Rankscope must be installed there in the same version."),
                   this);
    explained->setWordWrap(true);
    error_ = new QLabel(this);
    error_->setWordWrap(true);
    QPalette red = error_->palette();
    red.setColor(QPalette::WindowText, Theme::matching(palette()).color(Role::Err));
    error_->setPalette(red);
    buttons_ = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    addStartButton(*buttons_, tr("Connect"));
    connect(buttons_, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons_, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* form = new QFormLayout;
    form->addRow(tr("Host"), host);
    form->addRow(tr("Program there"), program);
    form->addRow(tr("Device"), device);
    auto* column = new QVBoxLayout(this);
    column->addWidget(explained);
    column->addLayout(form);
    column->addWidget(error_);
    column->addStretch(1);
    column->addWidget(buttons_);
    for (QLineEdit* field : {host, program})
        connect(field, &QLineEdit::textChanged, this, &ConnectDialog::refresh);
    refresh();
}

void ConnectDialog::refresh() {
    const QString name = host->text().trimmed();
    problem_.clear();
    if (name.startsWith(QLatin1Char('-'))) {
        problem_ = tr("The name of a machine does not begin with “-”");
    } else if (std::ranges::any_of(name, [](QChar c) { return c.isSpace() || !c.isPrint(); })) {
        problem_ = tr("The name of a machine has no spaces");
    }
    error_->setText(problem_);
    buttons_->findChild<QPushButton*>(QStringLiteral("start"))
        ->setEnabled(problem_.isEmpty() && !name.isEmpty());
}

EngineAddress ConnectDialog::address() const {
    return {host->text().trimmed(), program->text().trimmed(), device->currentData().toString()};
}

void ConnectDialog::keep() const {
    QSettings settings;
    settings.setValue(QStringLiteral("host"), address().host);
    settings.setValue(QStringLiteral("hostProgram"), address().program);
}

}  // namespace rankscope::gui
