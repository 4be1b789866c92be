// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"
#include "app/gui/theme/theme.hpp"

#include <QTimer>
#include <QWidget>

#include <vector>

QT_BEGIN_NAMESPACE
class QComboBox;
class QLabel;
class QSpinBox;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

struct CaptureData;
class TokenSlider;
class TokenStrip;

/// Which window of the text and which token every view shows: window, play, slider, number, and the text
/// itself. Only captured positions can be chosen.
class TokenScrubber : public QWidget {
    Q_OBJECT

public:
    explicit TokenScrubber(const Workspace& workspace, QWidget* parent = nullptr);
    ~TokenScrubber() override;

    void applyTheme(const Theme& theme);

    [[nodiscard]] bool isPlaying() const { return timer_.isActive(); }

    /// Captured positions a second at ordinary speed.
    static constexpr int kPositionsPerSecond = 8;

    /// Times the ordinary speed: 0.5, 1, 2, 4.
    void setSpeed(double times);

    [[nodiscard]] QSize minimumSizeHint() const override;

public Q_SLOTS:
    /// Starts at the first position when it stands at the last; stops there.
    void togglePlay();
    void previousToken();
    void nextToken();
    void previousWindow();
    void nextWindow();

Q_SIGNALS:
    void playingChanged(bool playing);

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void buildRow();
    void captureChanged();
    void showWindow();
    void showToken();
    void step(int positions);
    void pickToken(int token);
    void stop();
    void layOut();
    void showPlayIcon();

    [[nodiscard]] const CaptureData* capture() const;

    Workspace workspace_;
    const Theme* theme_ = &Theme::light();
    QWidget* row_;
    QLabel* windowLabel_;
    QComboBox* windows_;
    QToolButton* play_;
    TokenSlider* slider_;
    QSpinBox* number_;
    QLabel* of_;
    TokenStrip* strip_;
    QTimer timer_;
    double speed_ = 1;
    int shownWindow_ = -1;
};

}  // namespace rankscope::gui
