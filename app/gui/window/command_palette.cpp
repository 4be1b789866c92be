// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/command_palette.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QFontMetricsF>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QPointer>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>

namespace rankscope::gui {
namespace {

constexpr int kMostShown = 60;

int fit(const QString& typed, const QString& text) {
    if (typed.isEmpty()) return 0;
    int score = 0, at = 0, run = 0;
    for (const QChar letter : typed) {
        if (letter.isSpace()) {
            run = 0;
            continue;
        }
        const int found = text.indexOf(letter, at, Qt::CaseInsensitive);
        if (found < 0) return -1;
        run = found == at ? run + 1 : 0;
        const bool start = found == 0 || !text.at(found - 1).isLetterOrNumber();
        score += 1 + 3 * run + (start ? 6 : 0);
        at = found + 1;
    }
    return score * 8 - static_cast<int>(text.size()) / 4;
}

// A row: picture and title at the left; id and key at the right.
class PaletteRow : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    const Theme* theme = &Theme::light();

    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& /*option*/,
                                 const QModelIndex& /*index*/) const override {
        return {100, qRound(30 * designUnit(QApplication::font()))};
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const double u = designUnit(QApplication::font());
        const bool current = (option.state & QStyle::State_Selected) != 0;
        const bool enabled = (option.state & QStyle::State_Enabled) != 0;
        const QRectF row = option.rect;
        painter->save();
        if (current) painter->fillRect(row, theme->color(Role::Select));
        const QRectF icon(row.left() + 8 * u, row.center().y() - 8 * u, 16 * u, 16 * u);
        const QIcon picture = index.data(Qt::DecorationRole).value<QIcon>();
        if (!picture.isNull())
            picture.paint(painter, icon.toAlignedRect(), Qt::AlignCenter,
                          enabled ? QIcon::Normal : QIcon::Disabled);
        const QColor quiet = theme->color(enabled ? Role::Ink2 : Role::Faint);
        const QFont small = scaledFont(QApplication::font(), TextRole::Label);
        QFont strong = scaledFont(QApplication::font(), TextRole::LabelStrong);
        double right = row.right() - 10 * u;
        const QString keys = index.data(CommandPalette::KeysRole).toString();
        painter->setFont(strong);
        painter->setPen(quiet);
        const double keysWidth = QFontMetricsF(strong).horizontalAdvance(keys);
        painter->drawText(QRectF(right - keysWidth, row.top(), keysWidth + 1, row.height()), Qt::AlignVCenter,
                          keys);
        right -= keys.isEmpty() ? 0 : keysWidth + 10 * u;
        const QString id = index.data(CommandPalette::IdRole).toString();
        const double idWidth = QFontMetricsF(small).horizontalAdvance(id);
        painter->setFont(small);
        painter->drawText(QRectF(right - idWidth, row.top(), idWidth + 1, row.height()), Qt::AlignVCenter,
                          id);
        right -= idWidth + 16 * u;
        QFont title = scaledFont(QApplication::font(), TextRole::Body);
        if (current) title.setWeight(QFont::DemiBold);
        painter->setFont(title);
        painter->setPen(theme->color(enabled ? Role::Ink : Role::Faint));
        const double left = icon.right() + 8 * u;
        painter->drawText(
            QRectF(left, row.top(), right - left, row.height()), Qt::AlignVCenter,
            QFontMetricsF(title).elidedText(index.data().toString(), Qt::ElideRight, right - left));
        painter->restore();
    }
};

}  // namespace

int paletteScore(const QString& typed, const PaletteEntry& entry) {
    const QString wanted = typed.trimmed();
    if (wanted.isEmpty()) return 0;
    int best = fit(wanted, entry.title);
    if (best >= 0) best += 40;
    for (const QString& word : entry.synonyms) {
        const int score = fit(wanted, word);
        if (score >= 0) best = std::max(best, score + 20);
    }
    best = std::max(best, fit(wanted, entry.id));
    if (best >= 0) return best;
    // "capture states": one word from the title, another from what else the action is called.
    const QStringList words = wanted.split(QLatin1Char(' '), Qt::SkipEmptyParts);
    if (words.size() < 2) return -1;
    for (const QString& word : words) {
        const int score = paletteScore(word, entry);
        if (score < 0) return -1;
        best = best < 0 ? score : std::min(best, score);
    }
    return best;
}

CommandPalette::CommandPalette(QWidget* window) : QFrame(window) {
    setObjectName(QStringLiteral("palette"));
    setAccessibleName(tr("Command palette"));
    const double unit = designUnit(QApplication::font());
    auto* column = new QVBoxLayout(this);
    const int margin = qRound(8 * unit);
    column->setContentsMargins(margin, margin, margin, margin);
    field_ = new QLineEdit(this);
    field_->setPlaceholderText(tr("Action, layer (l3), head (l3 h2) or plan"));
    field_->setAccessibleName(tr("What to do"));
    list_ = new QListWidget(this);
    list_->setAccessibleName(tr("Matches"));
    list_->setFocusPolicy(Qt::NoFocus);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    list_->setItemDelegate(new PaletteRow(list_));
    hint_ = new QLabel(tr("↵ run   ↑↓ choose   Alt+↵ keep open"), this);
    count_ = new QLabel(this);
    auto* foot = new QHBoxLayout;
    foot->addWidget(hint_);
    foot->addStretch(1);
    foot->addWidget(count_);
    column->addWidget(field_);
    column->addWidget(list_);
    column->addLayout(foot);
    field_->installEventFilter(this);
    connect(field_, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(list_, &QListWidget::itemClicked, this, [this] { run(false); });
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget*, QWidget* now) {
        if (isVisible() && now != nullptr && now != field_ && !isAncestorOf(now)) hide();
    });
    hide();
}

// Deleted with the focus inside, its children tell of that when it is a palette no more.
CommandPalette::~CommandPalette() {
    disconnect(qApp, nullptr, this, nullptr);
}

void CommandPalette::applyTheme(const Theme& theme) {
    setStyleSheet(QStringLiteral("#palette { background: %1; border: 1px solid %2; border-radius: 6px; }")
                      .arg(theme.color(Role::Panel).name(), theme.color(Role::Strong).name()));
    static_cast<PaletteRow*>(list_->itemDelegate())->theme = &theme;
    for (QLabel* label : {hint_, count_}) {
        QPalette palette = label->palette();
        palette.setColor(QPalette::WindowText, theme.color(Role::Ink2));
        label->setPalette(palette);
        label->setFont(scaledFont(QApplication::font(), TextRole::Label));
    }
}

void CommandPalette::open(QList<PaletteEntry> entries) {
    entries_ = std::move(entries);
    before_ = QApplication::focusWidget();
    const double unit = designUnit(QApplication::font());
    const QSize room = parentWidget()->size();
    const QSize size(std::min(room.width() - qRound(40 * unit), qRound(560 * unit)),
                     std::min(room.height() - qRound(120 * unit), qRound(420 * unit)));
    setGeometry((room.width() - size.width()) / 2, qRound(80 * unit), size.width(), size.height());
    field_->clear();
    filter();
    show();
    raise();
    field_->setFocus();
}

void CommandPalette::filter() {
    const QString typed = field_->text();
    std::vector<std::pair<int, int>> fits;
    for (int i = 0; i < entries_.size(); ++i) {
        const int score = paletteScore(typed, entries_[i]);
        if (score >= 0) fits.emplace_back(-score, i);
    }
    std::stable_sort(fits.begin(), fits.end());
    list_->clear();
    for (const auto& [score, index] : fits) {
        if (list_->count() == kMostShown) break;
        const PaletteEntry& entry = entries_[index];
        auto* item = new QListWidgetItem(entry.icon, entry.title, list_);
        item->setData(IdRole, entry.id);
        item->setData(KeysRole, entry.keys);
        item->setData(Qt::AccessibleTextRole, QStringLiteral("%1 %2").arg(entry.title, entry.keys));
        item->setToolTip(entry.id);
        item->setData(Qt::UserRole, index);
        if (!entry.enabled) item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
    }
    count_->setText(fits.size() == static_cast<std::size_t>(entries_.size())
                        ? tr("%1 actions, layers, heads and plans").arg(entries_.size())
                        : tr("%1 of %2").arg(fits.size()).arg(entries_.size()));
    for (int row = 0; row < list_->count(); ++row) {
        if ((list_->item(row)->flags() & Qt::ItemIsEnabled) != 0) {
            list_->setCurrentRow(row);
            break;
        }
    }
}

void CommandPalette::run(bool keepOpen) {
    const QListWidgetItem* item = list_->currentItem();
    if (item == nullptr || (item->flags() & Qt::ItemIsEnabled) == 0) return;
    const auto action = entries_[item->data(Qt::UserRole).toInt()].run;
    if (!keepOpen) dismiss();
    action();
}

void CommandPalette::dismiss() {
    const QPointer<QWidget> before = before_;
    hide();
    if (before != nullptr) before->setFocus();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched != field_ || event->type() != QEvent::KeyPress) return QFrame::eventFilter(watched, event);
    auto* key = static_cast<QKeyEvent*>(event);
    const int row = list_->currentRow();
    switch (key->key()) {
        case Qt::Key_Escape:
            dismiss();
            return true;
        case Qt::Key_Down:
            list_->setCurrentRow(std::min(row + 1, list_->count() - 1));
            return true;
        case Qt::Key_Up:
            list_->setCurrentRow(std::max(row - 1, 0));
            return true;
        case Qt::Key_PageDown:
            list_->setCurrentRow(std::min(row + 10, list_->count() - 1));
            return true;
        case Qt::Key_PageUp:
            list_->setCurrentRow(std::max(row - 10, 0));
            return true;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            run((key->modifiers() & Qt::AltModifier) != 0);
            return true;
        default:
            return false;
    }
}

}  // namespace rankscope::gui
