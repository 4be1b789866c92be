// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"

#include <QDialog>
#include <QString>

QT_BEGIN_NAMESPACE
class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
QT_END_NAMESPACE

namespace rankscope::gui {

/// The pruned model as a folder: where, in which layout and why that one, and what it will hold.
class ExportDialog : public QDialog {
    Q_OBJECT

public:
    explicit ExportDialog(Workspace workspace, QWidget* parent = nullptr);

    [[nodiscard]] QString folder() const;
    /// "auto", "uniform" or "padded".
    [[nodiscard]] QString layout() const;

    [[nodiscard]] QString problem() const { return problem_; }

    QLineEdit* place;
    QComboBox* layouts;

private:
    void refresh();

    Workspace workspace_;
    QString problem_;
    QLabel* facts_;
    QLabel* error_;
    QDialogButtonBox* buttons_;
};

}  // namespace rankscope::gui
