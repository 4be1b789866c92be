// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLabel>

namespace rankscope::gui {

/// A line of text that gives way: what does not fit ends in an ellipsis, and the tooltip has it all. For
/// subtitles, plan and file names; never for numbers or buttons.
class ElidedLabel : public QLabel {
    Q_OBJECT

public:
    explicit ElidedLabel(const QString& text = {}, QWidget* parent = nullptr);

    /// `shorter`: what says less and is whole, the longest first; the first that fits is shown instead of a
    /// cut text.
    void setFullText(const QString& text, const QStringList& shorter = {});

    [[nodiscard]] QString fullText() const { return full_; }

    [[nodiscard]] QSize minimumSizeHint() const override;
    [[nodiscard]] QSize sizeHint() const override;

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void elide();

    QString full_;
    QStringList shorter_;
};

}  // namespace rankscope::gui
