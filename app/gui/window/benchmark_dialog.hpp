// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/benchmark_request.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/window/benchmark_table.hpp"

#include <QDialog>

#include <optional>

QT_BEGIN_NAMESPACE
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QTableView;
QT_END_NAMESPACE

namespace rankscope::gui {

/// What is timed and how, how long that takes, how far it is, and what came out. It stays open beside the
/// window; closed and opened again it has its results still. The speeds go into the plans as well.
class BenchmarkDialog : public QDialog {
    Q_OBJECT

public:
    explicit BenchmarkDialog(Workspace workspace, QWidget* parent = nullptr);

    /// Nothing while something is wrong; the reason stands under the fields.
    [[nodiscard]] const std::optional<BenchmarkRequest>& request() const { return request_; }

    [[nodiscard]] QString problem() const { return problem_; }

    /// What it will take, in words.
    [[nodiscard]] QString cost() const;
    /// What happens, or has happened.
    [[nodiscard]] QString state() const;

    [[nodiscard]] bool isMeasuring() const { return job_ >= 0; }

    void measure();

    QListWidget* plans = nullptr;
    QLineEdit* lengths = nullptr;
    QSpinBox* batch = nullptr;
    QSpinBox* decodeTokens = nullptr;
    QSpinBox* repeats = nullptr;
    QTableView* table = nullptr;

protected:
    void changeEvent(QEvent* event) override;

private:
    void fillPlans();
    void refresh();
    void followJob();
    void showResult(const protocol::BenchJobResult& result);
    void fitColumns();
    void ended(const QString& message, const QString& hint);
    void copyTable();
    [[nodiscard]] BenchmarkRequest chosen() const;
    [[nodiscard]] QString engineProblem() const;
    [[nodiscard]] QString costOf(const BenchmarkRequest& request) const;

    Workspace workspace_;
    std::vector<PlanChoice> choices_;  // of the list, without the full model
    std::optional<BenchmarkRequest> request_;
    QString problem_;
    std::int64_t job_ = -1;
    QStringList names_;  // of the plans that are measured
    BenchmarkTable results_;
    QLabel* cost_;
    QLabel* error_;
    QPushButton* remedy_;
    QProgressBar* bar_;
    QLabel* state_;
    QLabel* empty_;
    QLabel* origin_;
    QPushButton* copy_;
    QPushButton* cancel_;
    QPushButton* start_ = nullptr;
};

}  // namespace rankscope::gui
