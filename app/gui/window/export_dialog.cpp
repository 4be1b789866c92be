// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/export_dialog.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "app/gui/widgets/elided_label.hpp"
#include "app/gui/window/start_button.hpp"

#include <QApplication>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace rankscope::gui {
namespace {

bool oneWidth(const PlanChoice& plan) {
    return std::ranges::all_of(
        plan.layers, [&](const LayerChoice& layer) { return layer.kept == plan.layers.front().kept; });
}

// The nearest thing over a path that is there.
QString existingAbove(const QFileInfo& target) {
    QString path = target.absolutePath();
    while (!QFileInfo::exists(path) && path != QDir::rootPath())
        path = QFileInfo(path).absolutePath();
    return path;
}

}  // namespace

ExportDialog::ExportDialog(Workspace workspace, QWidget* parent) : QDialog(parent), workspace_(workspace) {
    setWindowTitle(tr("Export the pruned model"));
    const Document& document = workspace_.document;
    place = new QLineEdit(QStringLiteral("%1/%2-pruned").arg(QDir::homePath(), document.modelName()), this);
    place->setAccessibleName(tr("Folder"));
    auto* browse = new QPushButton(tr("Choose…"), this);
    connect(browse, &QPushButton::clicked, this, [this] {
        const QString path =
            QFileDialog::getSaveFileName(this, tr("New folder for the model"), place->text());
        if (!path.isEmpty()) place->setText(path);
    });
    auto* row = new QHBoxLayout;
    row->addWidget(place, 1);
    row->addWidget(browse);
    layouts = new QComboBox(this);
    layouts->setAccessibleName(tr("Layout"));
    layouts->addItem(tr("Automatic"), QStringLiteral("auto"));
    layouts->addItem(tr("Uniform: every layer K′ wide"), QStringLiteral("uniform"));
    layouts->addItem(tr("Padded: the widest K′, zeros in the rest"), QStringLiteral("padded"));
    facts_ = new QLabel(this);
    facts_->setWordWrap(true);
    error_ = new QLabel(this);
    error_->setWordWrap(true);
    buttons_ = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    addStartButton(*buttons_, tr("Export"));
    connect(buttons_, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons_, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* plan = new ElidedLabel(planName(document, document.plan()), this);
    auto* form = new QFormLayout;
    form->addRow(tr("Plan"), plan);
    form->addRow(tr("Folder"), row);
    form->addRow(tr("Layout"), layouts);
    auto* column = new QVBoxLayout(this);
    column->addLayout(form);
    // Paths are long.
    setMinimumWidth(qRound(460 * designUnit(QApplication::font())));
    column->addWidget(facts_);
    column->addWidget(error_);
    column->addStretch(1);
    column->addWidget(buttons_);
    connect(place, &QLineEdit::textChanged, this, &ExportDialog::refresh);
    connect(layouts, &QComboBox::currentIndexChanged, this, &ExportDialog::refresh);
    refresh();
}

void ExportDialog::refresh() {
    const Document& document = workspace_.document;
    const PlanChoice& plan = document.plan();
    const bool uniform = oneWidth(plan);
    problem_.clear();
    const QFileInfo target(folder());
    if (folder().isEmpty()) {
        problem_ = tr("Name a folder");
    } else if (target.exists() && (!target.isDir() || !QDir(folder()).isEmpty())) {
        problem_ = tr("%1 exists and is not empty: name a new folder").arg(target.fileName());
    } else if (const QFileInfo above(existingAbove(target)); !above.isDir() || !above.isWritable()) {
        problem_ = tr("%1 cannot be written").arg(above.absoluteFilePath());
    } else if (layout() == QLatin1String("uniform") && !uniform) {
        problem_ = tr("Uniform needs one K′ for all layers; this plan has several. Padded works.");
    }
    QString facts = tr("%1 parameters, %2 of recurrent state per sequence.")
                        .arg(number_text::integer(document.parameters(plan)),
                             number_text::bytes(static_cast<double>(document.stateBytes(plan))));
    if (layout() == QLatin1String("padded") || (layout() == QLatin1String("auto") && !uniform)) {
        facts += QLatin1Char('\n')
                 + tr(
                     "Padded: stock loaders allocate the widest K′ in every layer; Rankscope reads the true "
                     "widths back.");
    }
    const PlanRecord* known = document.record(plan);
    if (known == nullptr || known->state != PlanState::Exact)
        facts += QLatin1Char('\n') + tr("Careful: the perplexity of this plan has not been measured yet.");
    facts_->setText(facts);
    error_->setText(problem_);
    QPalette red = error_->palette();
    red.setColor(QPalette::WindowText, Theme::matching(palette()).color(Role::Err));
    error_->setPalette(red);
    buttons_->findChild<QPushButton*>(QStringLiteral("start"))->setEnabled(problem_.isEmpty());
}

QString ExportDialog::folder() const {
    return place->text().trimmed();
}

QString ExportDialog::layout() const {
    return layouts->currentData().toString();
}

}  // namespace rankscope::gui
