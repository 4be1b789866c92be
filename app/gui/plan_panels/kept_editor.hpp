// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QLineEdit>

#include <cstdint>

QT_BEGIN_NAMESPACE
class QLabel;
QT_END_NAMESPACE

namespace rankscope::gui {

/// The field over a layer's number: K' or a share removed (`50%`). What is wrong turns it red and stands
/// under it; Esc and leaving it change nothing.
class KeptEditor : public QLineEdit {
    Q_OBJECT

public:
    explicit KeptEditor(QWidget* parent);

    void applyTheme(const Theme& theme);
    /// Over `place` (in the parent's coordinates), beginning with `text`; all of it selected if `select`.
    void open(int layer, std::int64_t keyDim, const QRect& place, const QString& text, bool select);
    void close();

    [[nodiscard]] int layer() const { return layer_; }

    /// Why the text is no K'; empty: it is one.
    [[nodiscard]] QString problem() const;

    [[nodiscard]] QLabel* problemLabel() const { return problem_; }

Q_SIGNALS:
    void committed(int layer, std::int64_t kept);

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void check();

    const Theme* theme_ = &Theme::light();
    QLabel* problem_;
    int layer_ = 0;
    std::int64_t keyDim_ = 1;
};

}  // namespace rankscope::gui
