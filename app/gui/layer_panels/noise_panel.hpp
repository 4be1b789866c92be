// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/charts/noise_view.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/widgets/panel.hpp"

QT_BEGIN_NAMESPACE
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope::gui {

class Document;
class EmptyNote;
class SegmentedSwitch;

/// What the document knows of noise in the queries, for the chart. Levels of one plan in ascending order.
[[nodiscard]] NoiseData noiseData(const Document& document);

/// Noise in the queries: how much each head makes of it, and what it costs.
class NoisePanel : public Panel {
    Q_OBJECT

public:
    explicit NoisePanel(const Workspace& workspace, QWidget* parent = nullptr);

    void applyTheme(const Theme& theme) override;

    [[nodiscard]] NoiseView* view() const { return view_; }

    [[nodiscard]] EmptyNote* emptyNote() const { return empty_; }

private:
    void showNoise();
    void showSelected();
    void showSubtitle();

    Workspace workspace_;
    SegmentedSwitch* mode_;
    QStackedWidget* stack_;
    NoiseView* view_;
    EmptyNote* empty_;
};

}  // namespace rankscope::gui
