// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"
#include "core/protocol/capture_methods.hpp"

#include <QDialog>

#include <cstdint>
#include <optional>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QComboBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
QT_END_NAMESPACE

namespace rankscope::gui {

/// What to capture, and what it will cost on disk before it starts.
class CaptureDialog : public QDialog {
    Q_OBJECT

public:
    /// `layer`: chosen at the start; −1: all.
    CaptureDialog(Workspace workspace, int layer, QWidget* parent = nullptr);

    /// Nothing while a field is wrong; the reason stands under the fields.
    [[nodiscard]] std::optional<protocol::CaptureJobRequest> request() const;
    /// Bytes of what the fields ask for; 0 while they are wrong.
    [[nodiscard]] std::int64_t bytes() const;

    [[nodiscard]] QString problem() const { return problem_; }

    QPushButton* text = nullptr;  ///< asks for another one

    QLineEdit* layers = nullptr;
    QLineEdit* heads = nullptr;
    QSpinBox* windows = nullptr;
    QComboBox* what = nullptr;  ///< spectra and all ranks, or the ranks that need no spectra
    QSpinBox* every = nullptr;
    QLineEdit* statesAt = nullptr;
    QCheckBox* inputs = nullptr;
    QCheckBox* underPlan = nullptr;
    QLineEdit* file = nullptr;

    /// What the fields said is what the next dialog says, also after Cancel; the person looked something up.
    void done(int result) override;

Q_SIGNALS:
    void textRequested();

private:
    void refresh();
    void showText();
    void takeKept(int layer);
    void keep() const;
    [[nodiscard]] bool ranksAlone() const;
    void whatChanged();
    [[nodiscard]] QString costText() const;

    Workspace workspace_;
    QString problem_;
    std::optional<protocol::CaptureJobRequest> request_;
    std::int64_t bytes_ = 0;
    std::int64_t states_ = 0;  ///< whose spectra or ranks are taken
    int everyForSpectra_ = 1;
    QLabel* textName_ = nullptr;
    QLabel* everyLabel_ = nullptr;
    QLabel* cost_ = nullptr;
    QLabel* error_ = nullptr;
    QDialogButtonBox* buttons_ = nullptr;
};

}  // namespace rankscope::gui
