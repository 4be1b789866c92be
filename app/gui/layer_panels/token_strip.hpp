// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/theme/theme.hpp"

#include <QString>
#include <QWidget>

#include <cstdint>
#include <string>
#include <vector>

namespace rankscope::gui {

/// A token as it can be seen: spaces alone as ␣, line ends as ⏎, tabs as ⇥.
[[nodiscard]] QString visibleToken(const QString& token);

/// The text around a token on one line: what was read, the token in a box, what follows.
class TokenStrip : public QWidget {
    Q_OBJECT

public:
    explicit TokenStrip(QWidget* parent = nullptr);

    /// `texts` of a window; empty: the numbers `ids` stand for them.
    void setTokens(const std::vector<std::string>& texts, const std::vector<std::int32_t>& ids);
    void setCurrent(int token);
    /// Underlined; −1: none.
    void setHovered(int token);

    [[nodiscard]] int count() const { return static_cast<int>(tokens_.size()); }

    /// Where a token is drawn; null when it is not.
    [[nodiscard]] QRectF tokenRect(int token) const;

    void applyTheme(const Theme& theme);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void tokenPicked(int token);
    /// −1 when the pointer leaves.
    void tokenHovered(int token);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    struct Piece {
        int token;
        double x, width;  ///< of the text; the box is wider
    };

    void layOut();
    [[nodiscard]] int tokenAt(const QPointF& at) const;

    const Theme* theme_ = &Theme::light();
    std::vector<QString> tokens_;
    std::vector<Piece> pieces_;
    int current_ = 0;
    int hovered_ = -1;
};

}  // namespace rankscope::gui
