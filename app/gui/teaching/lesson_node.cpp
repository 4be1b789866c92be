// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/teaching/lesson_node.hpp"

#include "core/base/error.hpp"
#include "core/base/json_fault.hpp"

#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace rankscope::gui {
namespace {

constexpr qint64 kLargest = 1 << 20;

QString kindOf(const QJsonValue& value) {
    switch (value.type()) {
        case QJsonValue::Bool:
            return QStringLiteral("a truth value");
        case QJsonValue::Double:
            return QStringLiteral("the number %1").arg(value.toDouble());
        case QJsonValue::String:
            return QStringLiteral("\"%1\"").arg(value.toString().left(60));
        case QJsonValue::Array:
            return value.toArray().isEmpty() ? QStringLiteral("an empty list") : QStringLiteral("a list");
        case QJsonValue::Object:
            return QStringLiteral("an object");
        default:
            return QStringLiteral("nothing");
    }
}

QString quoted(const QStringList& words) {
    return QStringLiteral("one of ") + words.join(QStringLiteral(", "));
}

}  // namespace

LessonNode::LessonNode(QJsonValue value, QString file, QString place)
    : value_(std::move(value)), file_(std::move(file)), place_(std::move(place)) {}

LessonNode LessonNode::read(const QString& path, const QString& format) {
    QFile file(path);
    const QString name = QFileInfo(path).fileName();
    if (!file.open(QIODevice::ReadOnly))
        throw_input(QStringLiteral("%1: %2: %3").arg(format, path, file.errorString()).toStdString());
    if (file.size() > kLargest)
        throw_input(QStringLiteral("%1: %2: found %3 bytes, expected at most %4")
                        .arg(format, name)
                        .arg(file.size())
                        .arg(kLargest)
                        .toStdString());
    return parse(file.readAll(), name, format);
}

LessonNode LessonNode::parse(const QByteArray& text, const QString& name, const QString& format) {
    QJsonParseError error{};
    const QJsonDocument document = QJsonDocument::fromJson(text, &error);
    if (error.error != QJsonParseError::NoError) {
        const std::string raw = text.toStdString();
        // What Qt alone refuses, like NaN, has Qt's words.
        const std::string fault = json_fault(raw);
        if (!fault.empty()) throw_no_json((format + QStringLiteral(": ") + name).toStdString(), raw);
        throw_input(
            QStringLiteral("%1: %2: not JSON: %3: %4")
                .arg(format, name,
                     QString::fromStdString(place_in_text(raw, static_cast<std::size_t>(error.offset))),
                     error.errorString())
                .toStdString());
    }
    const QJsonValue root = document.isObject() ? QJsonValue(document.object()) : QJsonValue();
    const LessonNode node(root, name, format);
    if (!root.isObject()) node.fail(QStringLiteral("something else"), QStringLiteral("an object"));
    (void)node.at(QStringLiteral("format")).word({format});
    (void)node.at(QStringLiteral("version")).number(1, 1);
    return node;
}

bool LessonNode::has(const QString& key) const {
    return value_.isObject() && value_.toObject().contains(key);
}

LessonNode LessonNode::at(const QString& key) const {
    if (!value_.isObject()) fail(kindOf(value_), QStringLiteral("an object"));
    const QJsonObject object = value_.toObject();
    if (!object.contains(key)) fail(QStringLiteral("no \"%1\"").arg(key), QStringLiteral("\"%1\"").arg(key));
    return {object.value(key), file_, place_ + QLatin1Char('.') + key};
}

QStringList LessonNode::keys(const QStringList& known) const {
    if (!value_.isObject()) fail(kindOf(value_), QStringLiteral("an object"));
    const QStringList keys = value_.toObject().keys();
    for (const QString& key : keys) {
        if (!known.contains(key)) fail(QStringLiteral("\"%1\"").arg(key), quoted(known));
    }
    return keys;
}

QList<LessonNode> LessonNode::items() const {
    const QJsonArray array = value_.toArray();
    if (array.isEmpty()) fail(kindOf(value_), QStringLiteral("a list that is not empty"));
    QList<LessonNode> nodes;
    for (qsizetype i = 0; i < array.size(); ++i)
        nodes.append(LessonNode(array[i], file_, QStringLiteral("%1[%2]").arg(place_).arg(i)));
    return nodes;
}

QString LessonNode::text() const {
    const QString text = value_.toString();
    if (!value_.isString() || text.trimmed().isEmpty()) fail(kindOf(value_), QStringLiteral("a text"));
    return text;
}

QString LessonNode::textOf(const QString& key, const QString& otherwise) const {
    return has(key) ? at(key).text() : otherwise;
}

QString LessonNode::word(const QStringList& words) const {
    if (!value_.isString() || !words.contains(value_.toString())) fail(kindOf(value_), quoted(words));
    return value_.toString();
}

double LessonNode::number(double low, double high) const {
    const double number = value_.toDouble();
    if (!value_.isDouble() || !(number >= low && number <= high))
        fail(kindOf(value_), low == high ? QString::number(low)
                                         : QStringLiteral("a number from %1 to %2").arg(low).arg(high));
    return number;
}

void LessonNode::fail(const QString& found, const QString& expected) const {
    throw_input(printable(
        QStringLiteral("%1: %2: found %3, expected %4").arg(place_, file_, found, expected).toStdString(),
        600));
}

}  // namespace rankscope::gui
