// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/teaching/lecture_script.hpp"
#include "app/gui/theme/theme.hpp"

#include <QFrame>

QT_BEGIN_NAMESPACE
class QLabel;
class QVBoxLayout;
QT_END_NAMESPACE

namespace rankscope::gui {

class AfterPruning;
class LectureRun;
class PlotView;
class SpectrumView;
class TradeoffView;

/// One picture of a lecture. While its question is open it does not even hold the numbers that would answer
/// it: what nobody has, nobody can find in a tooltip, a table or a screen reader.
class LecturePanel : public QFrame {
    Q_OBJECT

public:
    explicit LecturePanel(LectureRun& run, QWidget* parent = nullptr);
    ~LecturePanel() override;

    /// The picture of the present step.
    void show(const LecturePicture& picture);
    void applyTheme(const Theme& theme);

    /// Null while the picture is covered.
    [[nodiscard]] PlotView* view() const { return view_; }

    [[nodiscard]] bool isCovered() const { return view_ == nullptr; }

    /// Lines are this many times as thick as in the window.
    static constexpr double kLineFactor = 1.65;

protected:
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void makeView();
    void fill();
    void fillSpectrum();
    void fillTokens();
    void fillHeads();
    void fillLayers();
    void fillTradeoff();
    void planMoved();
    void showAfterPruning();
    void setCover();
    [[nodiscard]] QString missing() const;
    [[nodiscard]] QString title() const;

    LectureRun& run_;
    const Theme* theme_ = &Theme::light();
    LecturePicture picture_;
    QVBoxLayout* column_;
    QLabel* mark_;
    QLabel* note_;
    PlotView* view_ = nullptr;
    SpectrumView* spectrum_ = nullptr;
    TradeoffView* tradeoff_ = nullptr;
    AfterPruning* after_;
    int keptBefore_ = 0;
};

}  // namespace rankscope::gui
