// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/spectra/rank_metrics.hpp"
#include "core/spectra/thin_svd.hpp"

#include <QObject>
#include <QThreadPool>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace rankscope::gui {

/// What one state S [rows, columns] says. Rows are key channels.
struct StateAnalysis {
    int rows = 0, columns = 0;
    std::vector<float> values;  ///< [rows, columns]
    ThinSvd svd;                ///< empty when S is not finite
    RankMetrics ranks;
    std::vector<float> gram;      ///< [rows, rows] cosine of rows; NaN for rows of zeros
    std::vector<float> rowNorms;  ///< [rows]
    std::vector<int> clustered;   ///< rows ordered so that alike ones stand together
    double limit = 1;             ///< 99.5 % quantile of |S|
};

[[nodiscard]] StateAnalysis analyseState(const std::vector<float>& values, int rows, int columns);

/// The state from its first k directions.
struct StateReconstruction {
    int k = 0;
    std::vector<float> values, error;  ///< [rows, columns]; error = S − values
    double held = 0;                   ///< share of ‖S‖² in them
    double relative = 0;               ///< ‖error‖_F / ‖S‖_F
    double factor = 1;                 ///< 1, 2 or 5 times a power of ten by which the error is shown larger
};

[[nodiscard]] StateReconstruction reconstruct(const StateAnalysis& state, int k);

/// Rows in the order of an agglomerative clustering (average linkage of 1 − |cosine|).
[[nodiscard]] std::vector<int> clusteredRows(const std::vector<float>& gram, int rows);

/// Analyses states in a thread of its own, the latest one first: those that came in between are left out.
class StateAnalyst : public QObject {
    Q_OBJECT

public:
    explicit StateAnalyst(QObject* parent = nullptr);
    ~StateAnalyst() override;

    using State = std::shared_ptr<const std::vector<float>>;

    void start(State values, int rows, int columns);

Q_SIGNALS:
    void ready(std::shared_ptr<const rankscope::gui::StateAnalysis> analysis);

private:
    struct Job {
        State values;
        int rows, columns;
    };

    void run(const Job& job);

    QThreadPool pool_;
    bool running_ = false;
    std::optional<Job> next_;
};

}  // namespace rankscope::gui
