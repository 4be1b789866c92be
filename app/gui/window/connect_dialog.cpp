// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/connect_dialog.hpp"

#include "app/gui/theme/theme.hpp"
#include "app/gui/window/device_menu.hpp"
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

ConnectDialog::ConnectDialog(const EngineAddress& now, const std::vector<EngineDevice>& devices,
                             QWidget* parent)
    : QDialog(parent), now_(now), devices_(devices) {
    setWindowTitle(tr("Connect to another machine"));
    const QSettings settings;
    host = new QLineEdit(now.host.isEmpty() ? settings.value(QStringLiteral("host")).toString() : now.host,
                         this);
    host->setAccessibleName(tr("Host"));
    host->setPlaceholderText(tr("gpu-box or user@gpu-box"));
    program = new QLineEdit(settings.value(QStringLiteral("hostProgram")).toString(), this);
    program->setAccessibleName(tr("Program there"));
    program->setPlaceholderText(QStringLiteral("rankscope-cli"));
    device = new QComboBox(this);
    device->setAccessibleName(tr("Device"));
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
    connect(host, &QLineEdit::textChanged, this, &ConnectDialog::offerDevices);
    connect(device, &QComboBox::activated, this, [this] { chosen_ = true; });
    offerDevices();
    refresh();
}

// Of the machine that runs the engine all devices are known; of another one only what was chosen there
// before.
void ConnectDialog::offerDevices() {
    const QString name = host->text().trimmed();
    const bool same = !name.isEmpty() && name == now_.host;
    const QString wanted = chosen_ ? device->currentData().toString()
                           : same  ? now_.device
                                   : DeviceMenu::kept(name);
    device->clear();
    device->addItem(tr("Automatic"), QStringLiteral("auto"));
    device->addItem(tr("CPU"), QStringLiteral("cpu"));
    device->addItem(tr("CUDA"), QStringLiteral("cuda"));
    for (const EngineDevice& each : devices_) {
        if (same && device->findData(each.id) < 0) device->addItem(DeviceMenu::titleOf(each), each.id);
    }
    if (device->findData(wanted) < 0) device->addItem(DeviceMenu::titleOf({wanted, {}}), wanted);
    device->setCurrentIndex(device->findData(wanted));
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
