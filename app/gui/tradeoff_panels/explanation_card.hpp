// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/workspace.hpp"

#include <QFrame>
#include <QList>
#include <QPointer>
#include <QRect>
#include <QString>

QT_BEGIN_NAMESPACE
class QGridLayout;
class QLabel;
class QPushButton;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

/// Says of one number what it is, with the numbers it was made of. A child of the window: Esc and the loss of
/// focus close it, unless it is pinned; what it shows follows plan and selection.
class ExplanationCard : public QFrame {
    Q_OBJECT

public:
    explicit ExplanationCard(Workspace workspace, QWidget* parent);
    ~ExplanationCard() override;

    /// Opens beside a place in the parent's pixels, inside the parent. False, and nothing happens, for an
    /// unknown topic.
    bool showTopic(const QString& topic, const QRect& beside);

    [[nodiscard]] const QString& topic() const { return topic_; }

    /// Without it the card leads nowhere else: in a lecture another number may be the answer.
    void setLinks(bool links);

    /// A button asks for the page about the topic.
    void setHasHelp(bool help);

    void applyTheme(const Theme& theme);

Q_SIGNALS:
    void helpRequested(const QString& topic);
    /// A name of ExplanationPlace.
    void placeRequested(const QString& place);
    /// A sentence for the status bar.
    void message(const QString& text);
    void closed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    void build();
    void fill();
    void setLook();
    void place();
    void copyValue();
    /// Where a link of the row "See" leads.
    void follow(const QString& link);
    [[nodiscard]] QString seeText() const;
    void dismiss();

    struct Line {
        QLabel* name;
        QLabel* text;
    };

    Workspace workspace_;
    const Theme* theme_;
    QString topic_, exact_;
    QRect beside_;
    QPointer<QWidget> before_;  ///< had the keyboard
    QLabel* title_;
    QLabel* definition_;
    QLabel* formula_;
    QGridLayout* lines_;
    QList<Line> rows_;  ///< unit, from, certainty, careful, see
    bool links_ = true;
    QToolButton* pin_;
    QToolButton* close_;
    QPushButton* copy_;
    QPushButton* help_;
};

}  // namespace rankscope::gui
