// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QFrame>
#include <QList>
#include <QString>

QT_BEGIN_NAMESPACE
class QLabel;
class QMenu;
class QPushButton;
class QToolButton;
QT_END_NAMESPACE

namespace rankscope::gui {

class Document;

/// What a demo shows, in three sentences, and the ways on from there. Stands above the trade-off. Not visible
/// without a story; closing lasts until another session is opened.
class StoryCard : public QFrame {
    Q_OBJECT

public:
    explicit StoryCard(Document& document, QWidget* parent = nullptr);

    /// Steps of the tour, said in its button; 0: there is none. `resume`: where it was left, from 0.
    void setTourSteps(int steps, int resume = 0);
    /// What "Other demos" offers; nothing: no button.
    void setDemos(const QStringList& names);
    /// Shows it again: Help > Story.
    void reopen();

    /// Makes way for a layout that needs the room; it is back as it was afterwards.
    void setAside(bool aside);

    [[nodiscard]] bool hasStory() const;

    void applyTheme(const Theme& theme);

    [[nodiscard]] bool hasHeightForWidth() const override { return true; }

    [[nodiscard]] int heightForWidth(int width) const override;
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void tourRequested();
    void openModelRequested();
    void demoRequested(int index);
    void closed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void showStory();
    void setLook();
    void place();
    /// Lays everything out in this width; `apply`: moves the widgets too. Returns the height.
    int arrange(int width, bool apply) const;
    [[nodiscard]] QList<QWidget*> buttons() const;
    [[nodiscard]] double unit() const;

    Document& document_;
    const Theme* theme_;
    QLabel* title_;
    QLabel* text_;
    QPushButton* tour_;
    QPushButton* open_;
    QPushButton* demos_;
    QMenu* demoMenu_;
    QToolButton* close_;
    bool closed_ = false;
    bool aside_ = false;
    int tourSteps_ = 0;
};

}  // namespace rankscope::gui
