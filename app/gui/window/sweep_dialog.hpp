// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/saved_session.hpp"

#include <QDialog>
#include <QList>
#include <QStringList>

#include <optional>
#include <vector>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QDialogButtonBox;
class QLabel;
QT_END_NAMESPACE

namespace rankscope::gui {

/// Which methods and ratios a sweep measures.
class SweepDialog : public QDialog {
    Q_OBJECT

public:
    explicit SweepDialog(const std::optional<MeasuredQuality>& full, QWidget* parent = nullptr);

    [[nodiscard]] QStringList methods() const;
    [[nodiscard]] std::vector<double> ratios() const;

    /// What is ticked is what the next dialog has ticked.
    void done(int result) override;

private:
    void refresh();

    QList<QCheckBox*> methods_;
    QList<QCheckBox*> ratios_;
    QLabel* count_;
    QDialogButtonBox* buttons_;
    std::int64_t tokens_ = 0;
};

}  // namespace rankscope::gui
