// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/device_menu.hpp"

#include "app/gui/client/engine_control.hpp"

#include <QActionGroup>
#include <QRegularExpression>
#include <QSettings>

#include <algorithm>

namespace rankscope::gui {
namespace {

const auto kAuto = QStringLiteral("auto");

// A host's name may hold a slash, which settings take for a group.
QString settingOf(const QString& host) {
    return host.isEmpty() ? QStringLiteral("device")
                          : QStringLiteral("hostDevice/") + QString::fromLatin1(host.toUtf8().toHex());
}

bool isDevice(const QString& text) {
    static const QRegularExpression pattern(QStringLiteral("\\A(auto|cpu|cuda(:[0-9]{1,3})?)\\z"));
    return pattern.match(text).hasMatch();
}

}  // namespace

QString DeviceMenu::titleOf(const EngineDevice& device) {
    QString name = device.id;
    if (device.id == QLatin1String("cpu")) name = tr("CPU");
    if (device.id.startsWith(QLatin1String("cuda:"))) name = tr("CUDA device %1").arg(device.id.mid(5));
    return device.name.isEmpty() ? name : QStringLiteral("%1: %2").arg(name, device.name);
}

QString DeviceMenu::kept(const QString& host) {
    const QString device = QSettings().value(settingOf(host)).toString();
    return isDevice(device) ? device : kAuto;
}

void DeviceMenu::keep(const QString& host, const QString& device) {
    QSettings().setValue(settingOf(host), device);
}

DeviceMenu::DeviceMenu(EngineControl& engine, QWidget* parent)
    : QMenu(tr("Device"), parent), engine_(engine) {
    setToolTipsVisible(true);
    connect(this, &QMenu::aboutToShow, this, &DeviceMenu::fill);
}

void DeviceMenu::fill() {
    // By hand: the group would go on after clear().
    qDeleteAll(findChildren<QActionGroup*>(QString(), Qt::FindDirectChildrenOnly));
    clear();
    const EngineStatus& status = engine_.status();
    const QString asked = status.device.isEmpty() ? kAuto : status.device;
    new QActionGroup(this);
    addDevice(kAuto, tr("Automatic"));
    actions().last()->setToolTip(tr("The first CUDA device that can be used, else the CPU"));
    const auto known = [&](const QString& id) {
        return id == kAuto
               || std::ranges::find(status.devices, id, &EngineDevice::id) != status.devices.end();
    };
    for (const EngineDevice& device : status.devices)
        addDevice(device.id, titleOf(device));
    // The CPU needs no answer of an engine.
    if (!known(QStringLiteral("cpu"))) addDevice(QStringLiteral("cpu"), tr("CPU"));
    const bool cuda = std::ranges::any_of(status.devices, [](const EngineDevice& device) {
        return device.id.startsWith(QLatin1String("cuda"));
    });
    if (!cuda) {
        const QString reason = !status.noCuda.isEmpty() ? status.noCuda
                               : status.state == EngineStatus::State::Ready
                                   ? tr("the engine has not said whether there is one")
                                   : tr("known when the engine runs");
        QAction* none =
            addAction(tr("CUDA: %1").arg(QString(reason).replace(QLatin1Char('&'), QStringLiteral("&&"))));
        none->setEnabled(false);
    } else if (!known(asked) && asked != QLatin1String("cuda")) {
        QAction* gone = addAction(tr("%1: not there any more").arg(asked));
        gone->setEnabled(false);
    }
}

void DeviceMenu::addDevice(const QString& id, const QString& text) {
    QAction* entry = addAction(QString(text).replace(QLatin1Char('&'), QStringLiteral("&&")));
    entry->setCheckable(true);
    entry->setData(id);
    entry->setActionGroup(findChild<QActionGroup*>());
    const QString asked = engine_.status().device;
    entry->setChecked(id == (asked.isEmpty() ? kAuto : asked)
                      || (asked == QLatin1String("cuda") && id == QLatin1String("cuda:0")));
    entry->setToolTip(tr("Starts the engine anew there: what runs is ended, what is measured stays"));
    connect(entry, &QAction::triggered, this, [this, id] {
        const QString now = engine_.status().device;
        if (id != (now.isEmpty() ? kAuto : now)) Q_EMIT chosen(id);
    });
}

}  // namespace rankscope::gui
