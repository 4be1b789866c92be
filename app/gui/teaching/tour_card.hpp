// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QFrame>
#include <QString>

QT_BEGIN_NAMESPACE
class QLabel;
class QPushButton;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

class StepDots;

/// One step of a tour beside what it points at. A child of the window, in nobody's way: everything else can
/// still be used.
class TourCard : public QFrame {
    Q_OBJECT

public:
    explicit TourCard(QWidget* window);

    struct Content {
        QString tour, title, text;
        int step = 0, count = 0;
        bool done = false;
    };

    void setContent(const Content& content);

    [[nodiscard]] const Content& content() const { return content_; }

    /// Where it covers least of a place of the window and stays inside; shows it. A null place: in the
    /// middle.
    void placeBeside(const QRect& place);
    void focusNext();
    void applyTheme(const Theme& theme);

    [[nodiscard]] QPushButton* backButton() const { return back_; }

    [[nodiscard]] QPushButton* nextButton() const { return next_; }

    [[nodiscard]] QPushButton* doItButton() const { return doIt_; }

    [[nodiscard]] QToolButton* leaveButton() const { return leave_; }

Q_SIGNALS:
    void backRequested();
    void nextRequested();
    void doItRequested();
    void leaveRequested();

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    enum class Side { None, Left, Right, Top, Bottom };

    void setLook();
    void layOut();

    const Theme* theme_ = &Theme::light();
    Content content_;
    QRect beside_;
    Side arrow_ = Side::None;  ///< edge of the card the arrow leaves from
    QPoint arrowAt_;           ///< its tip, in the card
    QLabel* where_;
    QLabel* title_;
    QLabel* text_;
    QLabel* done_;
    QLabel* doneIcon_;
    StepDots* dots_;
    QPushButton* back_;
    QPushButton* doIt_;
    QPushButton* next_;
    QToolButton* leave_;
};

}  // namespace rankscope::gui
