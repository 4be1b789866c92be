// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/sweep_dialog.hpp"

#include "app/gui/theme/method.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/window/start_button.hpp"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QGroupBox>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QVBoxLayout>

namespace rankscope::gui {
namespace {

const auto kMethods = QStringLiteral("sweep/methods");
const auto kRatios = QStringLiteral("sweep/ratios");

}  // namespace

SweepDialog::SweepDialog(const std::optional<MeasuredQuality>& full, QWidget* parent)
    : QDialog(parent), tokens_(full ? full->tokens : 0) {
    setWindowTitle(tr("Sweep methods and ratios"));
    auto* columns = new QHBoxLayout;
    auto* left = new QVBoxLayout;
    left->addWidget(new QLabel(tr("Methods"), this));
    for (const Method method : {Method::Random, Method::L1, Method::SWanda, Method::Taylor, Method::Energy,
                                Method::Drrqr, Method::DrrqrNormalised, Method::DrrqrSampled}) {
        auto* box = new QCheckBox(methodName(method), this);
        box->setProperty("key", methodKey(method));
        box->setChecked(method == Method::Random || method == Method::Drrqr || method == Method::Energy);
        connect(box, &QCheckBox::toggled, this, &SweepDialog::refresh);
        methods_ << box;
        left->addWidget(box);
    }
    left->addStretch(1);
    auto* right = new QVBoxLayout;
    right->addWidget(new QLabel(tr("Share of channels removed"), this));
    for (int step = 1; step < 8; ++step) {
        auto* box = new QCheckBox(QStringLiteral("%1 %").arg(12.5 * step), this);
        box->setProperty("ratio", step / 8.0);
        box->setChecked(step % 2 == 0);
        connect(box, &QCheckBox::toggled, this, &SweepDialog::refresh);
        ratios_ << box;
        right->addWidget(box);
    }
    right->addStretch(1);
    columns->addLayout(left);
    columns->addLayout(right);
    count_ = new QLabel(this);
    buttons_ = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    addStartButton(*buttons_, tr("Sweep"));
    connect(buttons_, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons_, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* column = new QVBoxLayout(this);
    column->addLayout(columns);
    column->addWidget(count_);
    column->addWidget(buttons_);
    // What was swept last.
    const QSettings kept;
    if (kept.contains(kMethods)) {
        const QStringList chosen = kept.value(kMethods).toStringList();
        for (QCheckBox* box : methods_)
            box->setChecked(chosen.contains(box->property("key").toString()));
        const QStringList removed = kept.value(kRatios).toStringList();
        for (QCheckBox* box : ratios_)
            box->setChecked(removed.contains(QString::number(box->property("ratio").toDouble())));
    }
    refresh();
}

void SweepDialog::done(int result) {
    if (!methods().isEmpty() && !ratios().empty()) {
        QStringList removed;
        for (const double ratio : ratios())
            removed << QString::number(ratio);
        QSettings().setValue(kMethods, methods());
        QSettings().setValue(kRatios, removed);
    }
    QDialog::done(result);
}

void SweepDialog::refresh() {
    const auto plans = static_cast<qint64>(methods().size()) * std::ssize(ratios());
    QString text = plans == 1 ? tr("1 plan") : tr("%1 plans").arg(plans);
    if (tokens_ > 0) text += tr(", %1 tokens each").arg(number_text::integer(tokens_));
    count_->setText(text);
    buttons_->findChild<QPushButton*>(QStringLiteral("start"))->setEnabled(plans > 0);
}

QStringList SweepDialog::methods() const {
    QStringList chosen;
    for (const QCheckBox* box : methods_) {
        if (box->isChecked()) chosen << box->property("key").toString();
    }
    return chosen;
}

std::vector<double> SweepDialog::ratios() const {
    std::vector<double> chosen;
    for (const QCheckBox* box : ratios_) {
        if (box->isChecked()) chosen.push_back(box->property("ratio").toDouble());
    }
    return chosen;
}

}  // namespace rankscope::gui
