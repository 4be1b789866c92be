// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/banner.hpp"

#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"

#include <QApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace rankscope::gui {

Banner::Banner(QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("banner"));
    setAccessibleName(tr("Message"));
    icon_ = new QLabel(this);
    title_ = new QLabel(this);
    title_->setFont(scaledFont(QApplication::font(), TextRole::PanelTitle));
    title_->setTextFormat(Qt::PlainText);
    sentence_ = new QLabel(this);
    sentence_->setWordWrap(true);
    sentence_->setTextFormat(Qt::PlainText);
    sentence_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    details_ = new QPushButton(tr("Details"), this);
    details_->setCheckable(true);
    remedy_ = new QPushButton(this);
    remedy_->setProperty("primary", true);
    close_ = new QToolButton(this);
    close_->setAccessibleName(tr("Hide the message"));
    close_->setToolTip(tr("Hide the message (Esc)"));
    detailText_ = new QLabel(this);
    detailText_->setFont(monospaceFont(QApplication::font()));
    detailText_->setTextFormat(Qt::PlainText);
    detailText_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    detailText_->setWordWrap(true);

    const double unit = designUnit(QApplication::font());
    auto* texts = new QVBoxLayout;
    texts->setSpacing(qRound(2 * unit));
    texts->addWidget(title_);
    texts->addWidget(sentence_);
    texts->addWidget(detailText_);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(qRound(12 * unit), qRound(8 * unit), qRound(8 * unit), qRound(8 * unit));
    row->setSpacing(qRound(10 * unit));
    row->addWidget(icon_, 0, Qt::AlignTop);
    row->addLayout(texts, 1);
    row->addWidget(details_, 0, Qt::AlignTop);
    row->addWidget(remedy_, 0, Qt::AlignTop);
    row->addWidget(close_, 0, Qt::AlignTop);
    connect(details_, &QPushButton::toggled, detailText_, &QWidget::setVisible);
    connect(remedy_, &QPushButton::clicked, this, [this] {
        hide();
        Q_EMIT remedyChosen(text_.id);
    });
    connect(close_, &QToolButton::clicked, this, &QWidget::hide);
    hide();
}

void Banner::show(const Text& text) {
    text_ = text;
    setLook();
    title_->setText(text.title);
    sentence_->setText(text.sentence);
    sentence_->setVisible(!text.sentence.isEmpty());
    details_->setVisible(!text.details.isEmpty());
    details_->setChecked(false);
    detailText_->setText(text.details);
    detailText_->hide();
    remedy_->setText(text.remedy);
    remedy_->setVisible(!text.remedy.isEmpty());
    setAccessibleDescription(text.title + QLatin1Char(' ') + text.sentence);
    QFrame::show();
}

void Banner::applyTheme(const Theme& theme) {
    theme_ = &theme;
    close_->setIcon(themedIcon(QStringLiteral("close"), theme));
    setLook();
}

void Banner::setLook() {
    if (theme_ == nullptr) return;
    const Role line = text_.note ? Role::Accent : Role::Err;
    const Role ground = text_.note ? Role::InfoSurface : Role::ErrSurface;
    setStyleSheet(QStringLiteral("#banner { background: %1; border: 1px solid %2; border-radius: 4px; }")
                      .arg(theme_->color(ground).name(), theme_->color(line).name()));
    icon_->setPixmap(iconPixmap(text_.note ? QStringLiteral("info") : QStringLiteral("warn"),
                                theme_->color(line), 18, devicePixelRatioF()));
}

void Banner::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape) {
        hide();
        return;
    }
    QFrame::keyPressEvent(event);
}

}  // namespace rankscope::gui
