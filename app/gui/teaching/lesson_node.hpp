// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonValue>
#include <QList>
#include <QString>
#include <QStringList>

namespace rankscope::gui {

/// A value in the file of a tour or a lecture, and the way to it. Teachers write such files by hand: whatever
/// does not fit is an Error{Input} that names the file, the place, what was found and what was expected.
class LessonNode {
public:
    /// The whole file, an object with `"format": format` and version 1.
    [[nodiscard]] static LessonNode read(const QString& path, const QString& format);
    /// The same of a text; `name` stands for the file in errors.
    [[nodiscard]] static LessonNode parse(const QByteArray& text, const QString& name, const QString& format);

    [[nodiscard]] bool has(const QString& key) const;
    /// The value of a key that must be there.
    [[nodiscard]] LessonNode at(const QString& key) const;
    /// Of an object; fails for a key that is not among `known`.
    [[nodiscard]] QStringList keys(const QStringList& known) const;
    /// Of an array that is not empty.
    [[nodiscard]] QList<LessonNode> items() const;

    [[nodiscard]] bool isObject() const { return value_.isObject(); }

    [[nodiscard]] bool isArray() const { return value_.isArray(); }

    /// Not empty.
    [[nodiscard]] QString text() const;
    [[nodiscard]] QString textOf(const QString& key, const QString& otherwise = {}) const;
    /// One of these words.
    [[nodiscard]] QString word(const QStringList& words) const;
    [[nodiscard]] double number(double low, double high) const;

    [[noreturn]] void fail(const QString& found, const QString& expected) const;

private:
    LessonNode(QJsonValue value, QString file, QString place);

    QJsonValue value_;
    QString file_, place_;
};

}  // namespace rankscope::gui
