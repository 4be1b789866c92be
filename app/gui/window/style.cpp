// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/style.hpp"

#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QStyleFactory>
#include <QTemporaryDir>
#include <QToolTip>

namespace rankscope::gui {
namespace {

QString arrow(const QString& folder, const QString& name, const QColor& color, const char* path) {
    const QString file = QStringLiteral("%1/%2-%3.svg").arg(folder, name, color.name().mid(1));
    if (!QFile::exists(file)) {
        QFile svg(file);
        if (svg.open(QIODevice::WriteOnly)) {
            svg.write(
                QStringLiteral(
                    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path d='%1' fill='none' "
                    "stroke='%2' stroke-width='1.6' stroke-linecap='round' stroke-linejoin='round'/></svg>")
                    .arg(QLatin1String(path), color.name())
                    .toUtf8());
        }
    }
    return file;
}

}  // namespace

QString styleSheet(const Theme& theme, const QString& folder) {
    const double unit = designUnit(QApplication::font());
    const auto px = [unit](double units) {
        return QString::number(qRound(units * unit)) + QStringLiteral("px");
    };
    const auto color = [&theme](Role role) { return theme.color(role).name(); };
    QString sheet = QStringLiteral(R"(
QMainWindow, QDialog { background: @window; }
QToolTip { background: @raised; color: @ink; border: 1px solid @border; padding: @3; }
QMenuBar { background: @panel; color: @ink; padding: 0 @8; spacing: @2; }
QMenuBar::item { padding: @4 @8; background: transparent; border-radius: @3; }
QMenuBar::item:selected { background: @hover; }
QMenu { background: @panel; color: @ink; border: 1px solid @border; padding: @4 0; }
QMenu::item { padding: @4 @28 @4 @28; }
QMenu::item:selected { background: @select; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @border; margin: @4 @8; }
QMenu::icon { padding-left: @8; }
QToolButton { border: 1px solid transparent; border-radius: @4; padding: @3; color: @ink; background: transparent; }
QToolButton:hover { background: @hover; }
QToolButton:pressed { background: @select; }
QToolButton:checked { background: @select; border-color: @accent; }
QToolButton:focus { border: @focus solid @accent; }
QToolButton:disabled { color: @faint; }
QPushButton { border: 1px solid @strong; border-radius: @4; padding: @4 @10; color: @ink; background: @panel; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @select; }
QPushButton:focus { border: @focus solid @accent; padding: @3 @9; }
QPushButton:disabled { color: @faint; border-color: @border; }
QPushButton[primary="true"] { background: @accent; color: @onaccent; border-color: @accent; }
QPushButton[primary="true"]:disabled { background: @track; color: @faint; border-color: @border; }
QPushButton[primary="true"]:focus { border-color: @ink; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QCheckBox { color: @ink; border: @focus solid transparent; border-radius: @4; padding: 1px; }
QCheckBox:focus { border-color: @accent; }
QCheckBox::indicator, QListView::indicator { width: @12; height: @12; border: 1px solid @strong; border-radius: @3; background: @panel; }
QCheckBox::indicator:checked, QListView::indicator:checked { background: @accent; border-color: @accent; image: url(@check); }
QCheckBox::indicator:disabled, QListView::indicator:disabled { background: @track; border-color: @border; }
QCheckBox::indicator:checked:disabled, QListView::indicator:checked:disabled { background: @strong; border-color: @strong; }
QPushButton::menu-indicator { image: url(@down); width: @12; subcontrol-origin: padding; subcontrol-position: center right; right: @4; }
QComboBox { border: 1px solid @strong; border-radius: @4; padding: @2 @2 @2 @6; color: @ink; background: @panel; min-height: @18; }
QComboBox:hover { background: @hover; }
QComboBox:focus { border: @focus solid @accent; }
QComboBox:disabled { color: @faint; border-color: @border; }
QComboBox::drop-down { border: 0; width: @16; }
QComboBox::down-arrow { image: url(@down); width: @12; height: @12; }
QComboBox QAbstractItemView { background: @panel; color: @ink; border: 1px solid @border; selection-background-color: @select; selection-color: @ink; outline: 0; }
QSpinBox, QDoubleSpinBox { border: 1px solid @strong; border-radius: @4; padding: @2 @4; color: @ink; background: @panel; min-height: @18; }
QSpinBox:focus, QDoubleSpinBox:focus { border: @focus solid @accent; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button { border: 0; width: @16; background: transparent; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(@up); width: @10; height: @10; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url(@down); width: @10; height: @10; }
QLineEdit, QPlainTextEdit, QTextEdit { border: 1px solid @strong; border-radius: @4; padding: @2 @6; color: @ink; background: @panel; selection-background-color: @select; selection-color: @ink; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border: @focus solid @accent; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { padding: @6 @10; color: @ink2; background: transparent; border: 0; border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: @ink; border-bottom: 2px solid @accent; }
QTabBar::tab:focus { color: @accent; }
QTabWidget::pane { border: 0; }
QSplitter::handle { background: transparent; }
QSplitter::handle:hover { background: @select; }
QHeaderView { background: @panel; }
QHeaderView::section { background: @panel; color: @ink2; border: 0; border-bottom: 1px solid @border; padding: @3 @6; }
QTableView, QTreeView, QListView, QListWidget { background: @panel; color: @ink; border: 0; gridline-color: @grid; selection-background-color: @select; selection-color: @ink; outline: 0; }
QScrollBar:vertical { background: transparent; width: @10; margin: 0; }
QScrollBar:horizontal { background: transparent; height: @10; margin: 0; }
QScrollBar::handle { background: @border; border-radius: @4; min-height: @24; min-width: @24; margin: @2; }
QScrollBar::handle:hover { background: @strong; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QStatusBar { background: @panel; color: @ink2; border-top: 1px solid @border; }
QStatusBar::item { border: 0; }
QProgressBar { border: 0; border-radius: @2; background: @track; color: @ink; text-align: center; }
QProgressBar::chunk { background: @accent; border-radius: @2; }
)");
    const QString down =
        arrow(folder, QStringLiteral("down"), theme.color(Role::Ink2), "M4 6.5 L8 10.5 L12 6.5");
    const QString up = arrow(folder, QStringLiteral("up"), theme.color(Role::Ink2), "M4 9.5 L8 5.5 L12 9.5");
    const QString check =
        arrow(folder, QStringLiteral("check"), theme.color(Role::OnAccent), "M3.5 8.5 L6.8 11.5 L12.5 4.8");
    // Longer names first: @onaccent holds @on, @ink2 holds @ink.
    const std::pair<const char*, QString> values[] = {{"@onaccent", color(Role::OnAccent)},
                                                      {"@window", color(Role::Window)},
                                                      {"@raised", color(Role::Raised)},
                                                      {"@panel", color(Role::Panel)},
                                                      {"@border", color(Role::Border)},
                                                      {"@strong", color(Role::Strong)},
                                                      {"@accent", color(Role::Accent)},
                                                      {"@select", color(Role::Select)},
                                                      {"@hover", color(Role::Hover)},
                                                      {"@track", color(Role::Track)},
                                                      {"@faint", color(Role::Faint)},
                                                      {"@grid", color(Role::Grid)},
                                                      {"@ink2", color(Role::Ink2)},
                                                      {"@ink", color(Role::Ink)},
                                                      {"@down", down},
                                                      {"@check", check},
                                                      {"@up", up},
                                                      {"@focus", QStringLiteral("2px")}};
    for (const auto& [name, value] : values)
        sheet.replace(QLatin1String(name), value);
    for (int units = 28; units > 0; --units)
        sheet.replace(QStringLiteral("@%1").arg(units), px(units));
    return sheet;
}

void applyStyle(const Theme& theme) {
    static const QTemporaryDir folder;
    QApplication::setPalette(theme.palette());
    QToolTip::setPalette(theme.palette());
    qApp->setStyleSheet(styleSheet(theme, folder.path()));
}

}  // namespace rankscope::gui
