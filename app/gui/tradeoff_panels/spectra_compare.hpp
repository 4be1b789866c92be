// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/tradeoff_panels/pruned_spectra.hpp"

#include <QString>
#include <QWidget>

QT_BEGIN_NAMESPACE
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

class EmptyNote;
class PlotView;
class SpectraPairView;
class SpectrumView;

/// The spectrum of one captured state as two plans leave it: side by side with the same axes, over each
/// other, or B − A.
class SpectraCompare : public QWidget {
    Q_OBJECT

public:
    enum class Mode { SideBySide, Overlay, Difference };

    explicit SpectraCompare(Workspace workspace, QWidget* parent = nullptr);

    void setMode(Mode mode);
    /// What the selected layer keeps in both plans; null where a plan has no such layer.
    void setChoices(const LayerChoice* a, const LayerChoice* b);

    /// The chart that answers to copy, export and table now.
    [[nodiscard]] PlotView* plot() const;

    [[nodiscard]] SpectrumView* sideA() const { return sideA_; }

    [[nodiscard]] SpectrumView* sideB() const { return sideB_; }

    [[nodiscard]] SpectraPairView* pair() const { return pair_; }

    void applyTheme(const Theme& theme);

Q_SIGNALS:
    void readoutChanged(const QString& text);
    void captureRequested();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void refresh();
    void showSpectra(const std::vector<float>& sigmaA, const std::vector<float>& sigmaB);
    [[nodiscard]] std::vector<std::int32_t> rowsOf(const LayerChoice& choice) const;

    Workspace workspace_;
    PrunedSpectra pruned_;
    QStackedWidget* stack_;
    QWidget* sides_;
    SpectrumView* sideA_;
    SpectrumView* sideB_;
    SpectraPairView* pair_;
    EmptyNote* empty_;
    Mode mode_ = Mode::SideBySide;
    std::optional<LayerChoice> a_, b_;
    std::vector<float> full_;
    QString place_;  ///< "Layer 3, head 2, token 511"
    int layer_ = -1, head_ = -1, captured_ = -1;
    bool stale_ = true;
};

}  // namespace rankscope::gui
