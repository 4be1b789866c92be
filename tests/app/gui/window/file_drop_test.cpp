// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/file_drop.hpp"

#include "app/gui/plan_panels/notes_edit.hpp"
#include "app/gui/widgets/panel.hpp"
#include "app/gui/window/banner.hpp"
#include "app/gui/window/command_palette.hpp"
#include "app/gui/window/main_window.hpp"
#include "core/pruning/plan.hpp"
#include "tests/app/gui/window/shown_window.hpp"

#include <gtest/gtest.h>

#include <QApplication>
#include <QDragEnterEvent>
#include <QFile>
#include <QLineEdit>
#include <QMimeData>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

#include <algorithm>

namespace rankscope::gui {
namespace {

class FileDropTest : public ShownWindow {
protected:
    // As Qt does with what the desktop sends: the widget under the pointer, or the first around it that takes
    // drops. False: refused.
    static bool drop(QWidget* window, const QPoint& at, const QStringList& paths) {
        QWidget* target = window->childAt(at);
        if (target == nullptr) target = window;
        while (!target->isWindow() && !target->acceptDrops())
            target = target->parentWidget();
        if (!target->acceptDrops()) return false;
        QMimeData data;
        QList<QUrl> urls;
        for (const QString& path : paths)
            urls << QUrl::fromLocalFile(path);
        data.setUrls(urls);
        data.setText(paths.join(QLatin1Char('\n')));  // as file managers do
        const QPoint inside = target->mapFrom(window, at);
        QDragEnterEvent enter(inside, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(target, &enter);
        if (!enter.isAccepted()) return false;
        QDragMoveEvent move(inside, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(target, &move);
        if (!move.isAccepted()) return false;
        QDropEvent event(inside, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(target, &event);
        QCoreApplication::processEvents();
        return event.isAccepted();
    }

    QString written(const QString& name, const QByteArray& text) const {
        QFile file(folder.filePath(name));
        EXPECT_TRUE(file.open(QIODevice::WriteOnly));
        file.write(text);
        return file.fileName();
    }

    QTemporaryDir folder;
};

TEST_F(FileDropTest, AFileIsTakenWhereverItIsDropped) {
    const QString capture = written(QStringLiteral("x.h5"), "no HDF5");
    const std::string expected = "open " + capture.toStdString();
    int places = 0;
    const QString notes = sample.document.state().notes;
    for (const Layout layout : {Layout::Tune, Layout::Compare}) {
        window->setLayout(layout);
        QCoreApplication::processEvents();
        for (QWidget* child : window->findChildren<QWidget*>()) {
            if (!child->isVisible() || child->window() != window.get()) continue;
            // What would take drops itself, and every panel.
            if (!child->acceptDrops() && qobject_cast<Panel*>(child) == nullptr) continue;
            sample.states.calls.clear();
            const QPoint at = child->mapTo(window.get(), child->rect().center());
            if (!window->rect().contains(at)) continue;
            EXPECT_TRUE(drop(window.get(), at, {capture}))
                << child->metaObject()->className() << " " << child->accessibleName().toStdString();
            EXPECT_TRUE(std::ranges::count(sample.states.calls, expected) == 1)
                << child->metaObject()->className() << " " << child->accessibleName().toStdString();
            ++places;
        }
    }
    EXPECT_GT(places, 15);
    // Fields and notes do not take the name of a file for text.
    EXPECT_EQ(sample.document.state().notes, notes);
}

TEST_F(FileDropTest, NotesAndFieldsStillTakeText) {
    auto* notes = window->findChild<NotesEdit*>();
    QMimeData data;
    data.setText(QStringLiteral("a thought"));
    QDropEvent event(QPointF(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QDragEnterEvent enter(QPoint(5, 5), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(notes->viewport(), &enter);
    EXPECT_TRUE(enter.isAccepted());
    QApplication::sendEvent(notes->viewport(), &event);
    EXPECT_TRUE(notes->toPlainText().contains(QStringLiteral("a thought")));
}

TEST_F(FileDropTest, EveryKindOfBadFileIsRefusedWhereThePersonLooksAndNothingChanges) {
    const DocumentState before = sample.document.state();
    const std::shared_ptr<const CaptureData> capture = sample.states.capture();
    const QString session = QStringLiteral(R"({"format":"rankscope-session","version":%1)");
    const Plan plan = *sample.document.toPlan(sample.document.plan());
    Plan twice = plan;
    twice.layers[0].keep[0][1] = twice.layers[0].keep[0][0];

    struct Bad {
        QString path;
        QString found;  // in the message
    };

    const std::vector<Bad> all{
        {folder.filePath(QStringLiteral("not-there.rankscope")), QStringLiteral("does not exist")},
        {written(QStringLiteral("no.bmp"), "BM"), QStringLiteral("Expected a model folder")},
        {written(QStringLiteral("text.rankscope"), "not JSON"), QStringLiteral("JSON")},
        {written(QStringLiteral("cut.rankscope"), session.arg(QStringLiteral("1,")).toUtf8()),
         QStringLiteral("cut.rankscope")},
        {written(QStringLiteral("new.rankscope"), session.arg(QStringLiteral("7}")).toUtf8()),
         QStringLiteral("found 7, expected 1")},
        {written(QStringLiteral("empty.rankscope"), ""), QStringLiteral("empty.rankscope")},
        {written(QStringLiteral("cut.json"), QByteArray::fromStdString(to_json(plan)).left(200)),
         QStringLiteral("not JSON: line 7, column")},
        {written(QStringLiteral("twice.json"), QByteArray::fromStdString(to_json(twice))),
         QStringLiteral("is there twice")},
        {written(QStringLiteral("other.json"), R"({"model_type": "delta_net"})"), QStringLiteral("format")},
    };
    for (const Bad& bad : all) {
        window->banner()->hide();
        EXPECT_TRUE(drop(window.get(), {700, 450}, {bad.path}));
        const Banner::Text& said = window->banner()->text();
        const std::string shown = (said.title + QStringLiteral(" | ") + said.sentence).toStdString();
        EXPECT_TRUE(window->banner()->isVisible()) << bad.path.toStdString();
        EXPECT_TRUE(said.title.contains(bad.path.section(QLatin1Char('/'), -1))) << shown;
        EXPECT_TRUE(said.sentence.contains(bad.found)) << shown;
        EXPECT_EQ(sample.document.state(), before);
        EXPECT_EQ(sample.states.capture(), capture);
        EXPECT_TRUE(sample.engine.calls.empty() || !sample.engine.calls.back().starts_with("openModel"));
    }
    // A folder is the engine's to judge, with or without a slash at its end.
    EXPECT_TRUE(drop(window.get(), {700, 450}, {folder.path() + QLatin1Char('/')}));
    EXPECT_EQ(sample.engine.calls.back(), "openModel " + folder.path().toStdString());
    Q_EMIT sample.engine.modelRefused(QStringLiteral("Model not opened: x"),
                                      QStringLiteral("found no config.json"),
                                      QStringLiteral("choose another folder"));
    EXPECT_TRUE(window->banner()->text().sentence.contains(QStringLiteral("Choose another folder.\n")))
        << window->banner()->text().sentence.toStdString();
    EXPECT_EQ(window->banner()->text().id, QStringLiteral("file.open_model"));
    EXPECT_EQ(sample.document.state(), before);
}

}  // namespace
}  // namespace rankscope::gui
