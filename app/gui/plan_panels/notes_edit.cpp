// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/plan_panels/notes_edit.hpp"

#include "app/gui/document/document.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/theme/fonts.hpp"

#include <QApplication>
#include <QDateTime>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QRegularExpression>
#include <QSyntaxHighlighter>
#include <QToolTip>

#include <algorithm>

namespace rankscope::gui {
namespace {

constexpr int kStepDelayMs = 700;
constexpr qint64 kSameStepMs = 20000;
constexpr int kNoteStepIds = 0x40000;  // merge ids of the notes

const QRegularExpression& links() {
    static const QRegularExpression expression(QStringLiteral("\\[\\[([^\\[\\]\\n]+)\\]\\]"));
    return expression;
}

}  // namespace

/// Links in the accent's colour; those that lead nowhere stay grey.
class NotesHighlighter : public QSyntaxHighlighter {
public:
    NotesHighlighter(QTextDocument* document, const NotesEdit& edit)
        : QSyntaxHighlighter(document), edit_(edit) {}

    const Theme* theme = &Theme::light();

protected:
    void highlightBlock(const QString& text) override {
        auto found = links().globalMatch(text);
        while (found.hasNext()) {
            const QRegularExpressionMatch link = found.next();
            const bool leads = edit_.resolve(link.captured(1)).leadsSomewhere();
            QTextCharFormat brackets;
            brackets.setForeground(theme->color(Role::Faint));
            setFormat(static_cast<int>(link.capturedStart()), static_cast<int>(link.capturedLength()),
                      brackets);
            QTextCharFormat name;
            name.setForeground(theme->color(leads ? Role::Accent : Role::Faint));
            name.setFontUnderline(leads);
            setFormat(static_cast<int>(link.capturedStart(1)), static_cast<int>(link.capturedLength(1)),
                      name);
        }
    }

private:
    const NotesEdit& edit_;
};

NotesEdit::NotesEdit(const Workspace& workspace, QWidget* parent)
    : QPlainTextEdit(parent), workspace_(workspace) {
    setAccessibleName(tr("Notes of the session"));
    setPlaceholderText(tr("Notes of this session. [[layer 3]] and [[Plan name]] become links: Ctrl+click"));
    setFrameShape(QFrame::NoFrame);
    setTabChangesFocus(true);
    // The document undoes, so that there is one order of things.
    setUndoRedoEnabled(false);
    viewport()->setMouseTracking(true);
    highlighter_ = new NotesHighlighter(document(), *this);
    soon_.setSingleShot(true);
    soon_.setInterval(kStepDelayMs);
    connect(&soon_, &QTimer::timeout, this, &NotesEdit::flush);
    connect(this, &QPlainTextEdit::textChanged, this, [this] {
        Q_EMIT countChanged();
        if (!reading_) soon_.start();
    });
    connect(&workspace_.document, &Document::notesChanged, this, &NotesEdit::read);
    connect(&workspace_.document, &Document::modelChanged, this, [this] {
        soon_.stop();
        read();
    });
    // Names of plans come and go.
    connect(&workspace_.document, &Document::pointsChanged, highlighter_, &QSyntaxHighlighter::rehighlight);
    read();
    applyTheme(Theme::light());
}

NotesEdit::~NotesEdit() = default;

void NotesEdit::applyTheme(const Theme& theme) {
    highlighter_->theme = &theme;
    QPalette palette = this->palette();
    palette.setColor(QPalette::Base, theme.color(Role::Panel));
    palette.setColor(QPalette::Text, theme.color(Role::Ink));
    palette.setColor(QPalette::PlaceholderText, theme.color(Role::Faint));
    setPalette(palette);
    const double u = designUnit(QApplication::font());
    setFont(scaledFont(QApplication::font(), TextRole::Body));
    document()->setDocumentMargin(8 * u);
    highlighter_->rehighlight();
}

void NotesEdit::read() {
    const QString& notes = workspace_.document.state().notes;
    if (notes == toPlainText()) return;
    reading_ = true;
    const int position = textCursor().position();
    setPlainText(notes);
    QTextCursor cursor = textCursor();
    cursor.setPosition(std::min(position, static_cast<int>(notes.size())));
    setTextCursor(cursor);
    reading_ = false;
}

void NotesEdit::flush() {
    soon_.stop();
    Document& document = workspace_.document;
    const QString text = toPlainText();
    if (text == document.state().notes || !document.hasModel()) return;
    // A drag is about to end in a step of its own.
    if (document.isDragging()) {
        soon_.start();
        return;
    }
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const bool same = mergeIndex_ == document.undoStack()->index() && now - mergeTime_ < kSameStepMs;
    if (!same) ++mergeId_;
    mergeTime_ = now;
    DocumentState next = document.state();
    next.notes = text;
    document.setState(tr("Notes"), std::move(next), kNoteStepIds + mergeId_);
    mergeIndex_ = document.undoStack()->index();
}

int NotesEdit::count() const {
    const QStringList lines = toPlainText().split(QLatin1Char('\n'));
    return static_cast<int>(
        std::ranges::count_if(lines, [](const QString& line) { return !line.trimmed().isEmpty(); }));
}

NoteLink NotesEdit::resolve(const QString& target) const {
    NoteLink link;
    link.target = target.trimmed();
    const Document& document = workspace_.document;
    static const QRegularExpression layer(QStringLiteral("^layer\\s+(\\d{1,6})$"),
                                          QRegularExpression::CaseInsensitiveOption);
    if (const QRegularExpressionMatch match = layer.match(link.target); match.hasMatch()) {
        const int number = match.captured(1).toInt();
        if (document.hasModel() && number < std::ssize(document.config().layers)) link.layer = number;
        return link;
    }
    for (const SavedPlan& point : document.state().points) {
        if (QString::fromStdString(point.choice.name).compare(link.target, Qt::CaseInsensitive) == 0) {
            link.point = point.id;
            break;
        }
    }
    return link;
}

NoteLink NotesEdit::linkAt(int position) const {
    const QTextBlock block = document()->findBlock(position);
    const int within = position - block.position();
    auto found = links().globalMatch(block.text());
    while (found.hasNext()) {
        const QRegularExpressionMatch link = found.next();
        if (within >= link.capturedStart() && within <= link.capturedEnd()) return resolve(link.captured(1));
    }
    return {};
}

void NotesEdit::follow(const NoteLink& link) {
    if (link.layer >= 0) workspace_.selection.setLayer(link.layer);
    if (!link.point.isEmpty()) workspace_.selection.setPoint(link.point);
}

void NotesEdit::insertLink(const QString& target) {
    textCursor().insertText(QStringLiteral("[[%1]]").arg(target));
    flush();
}

void NotesEdit::mousePressEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && event->modifiers().testFlag(Qt::ControlModifier)
        && linkAt(cursorForPosition(event->position().toPoint()).position()).leadsSomewhere()) {
        event->accept();
        return;
    }
    QPlainTextEdit::mousePressEvent(event);
}

void NotesEdit::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() == Qt::LeftButton && event->modifiers().testFlag(Qt::ControlModifier)) {
        const NoteLink link = linkAt(cursorForPosition(event->position().toPoint()).position());
        if (link.leadsSomewhere()) {
            follow(link);
            return;
        }
    }
    QPlainTextEdit::mouseReleaseEvent(event);
}

void NotesEdit::mouseMoveEvent(QMouseEvent* event) {
    QPlainTextEdit::mouseMoveEvent(event);
    const bool link = event->modifiers().testFlag(Qt::ControlModifier)
                      && linkAt(cursorForPosition(event->position().toPoint()).position()).leadsSomewhere();
    viewport()->setCursor(link ? Qt::PointingHandCursor : Qt::IBeamCursor);
}

void NotesEdit::keyPressEvent(QKeyEvent* event) {
    const bool enter = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (enter && event->modifiers().testFlag(Qt::ControlModifier)) {
        follow(linkAt(textCursor().position()));
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

void NotesEdit::focusOutEvent(QFocusEvent* event) {
    QPlainTextEdit::focusOutEvent(event);
    flush();
}

void NotesEdit::changeEvent(QEvent* event) {
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::ApplicationFontChange && highlighter_ != nullptr)
        applyTheme(*highlighter_->theme);
}

bool NotesEdit::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
            // What was typed is a step; then the window's own undo takes it.
            flush();
            event->ignore();
            return false;
        }
    }
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const NoteLink link = linkAt(cursorForPosition(viewport()->mapFrom(this, help->pos())).position());
        const QString text = link.target.isEmpty()   ? QString()
                             : link.leadsSomewhere() ? tr("Ctrl+click selects %1").arg(link.target)
                                                     : tr("Nothing is called %1").arg(link.target);
        QToolTip::showText(help->globalPos(), text, this);
        return true;
    }
    return QPlainTextEdit::event(event);
}

}  // namespace rankscope::gui
