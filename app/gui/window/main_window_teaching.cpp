// SPDX-License-Identifier: GPL-3.0-or-later
// The window as a classroom: the tour that walks through it, and the lecture that takes its place.
#include "app/gui/data/capture_data.hpp"
#include "app/gui/data/state_source.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/layer_panels/layer_panel.hpp"
#include "app/gui/layer_panels/state_panel.hpp"
#include "app/gui/layer_panels/token_scrubber.hpp"
#include "app/gui/plan_panels/channels_panel.hpp"
#include "app/gui/plan_panels/history_notes_panel.hpp"
#include "app/gui/plan_panels/plan_panel.hpp"
#include "app/gui/teaching/lecture.hpp"
#include "app/gui/teaching/lecture_script.hpp"
#include "app/gui/teaching/lecture_stage.hpp"
#include "app/gui/teaching/lesson_facts.hpp"
#include "app/gui/teaching/tour.hpp"
#include "app/gui/teaching/tour_card.hpp"
#include "app/gui/teaching/tour_run.hpp"
#include "app/gui/tradeoff_panels/compare_panel.hpp"
#include "app/gui/tradeoff_panels/explanation_card.hpp"
#include "app/gui/tradeoff_panels/plans_jobs_panel.hpp"
#include "app/gui/tradeoff_panels/ribbon.hpp"
#include "app/gui/tradeoff_panels/story_card.hpp"
#include "app/gui/tradeoff_panels/tradeoff_panel.hpp"
#include "app/gui/window/action_registry.hpp"
#include "app/gui/window/command_palette.hpp"
#include "app/gui/window/engine_button.hpp"
#include "app/gui/window/main_tool_bar.hpp"
#include "app/gui/window/main_window.hpp"
#include "core/base/error.hpp"

#include <QApplication>
#include <QDialog>
#include <QFileInfo>
#include <QLayout>
#include <QMenuBar>
#include <QSettings>
#include <QSplitter>
#include <QStatusBar>

#include <initializer_list>

namespace rankscope::gui {
namespace {

// One place a tour was left at for each model and tour.
QString placeKey(const QString& tour, const Document& document) {
    return QStringLiteral("tour/%1/%2")
        .arg(QFileInfo(tour).completeBaseName(), QString::fromStdString(document.model().hash).left(12));
}

QString textOf(const Error& error) {
    const QString hint = QString::fromStdString(error.hint());
    return QString::fromStdString(error.what()) + (hint.isEmpty() ? hint : QLatin1Char('\n') + hint);
}

constexpr double kLectureFactor = 1.65;  // of the type

}  // namespace

void MainWindow::setLecture(bool lecture, const QString& script) {
    if (lecture == isLecture()) return;
    if (lecture) {
        beginLecture(script);
    } else {
        endLecture();
    }
    actions_->action(QStringLiteral("view.lecture"))->setChecked(isLecture());
}

QString MainWindow::lacksForLecture() const {
    const LessonFacts facts(workspace_);
    QStringList lacks;
    if (facts.plan(QStringLiteral("half")).isEmpty())
        lacks << (workspace_.document.state().points.empty()
                      ? tr("measured plans")
                      : tr("a measured DRRQR plan with one K′ for all layers"));
    if (!facts.holds(QStringLiteral("capture"))) {
        lacks << tr("a capture of the model");
    } else if (!workspace_.states.capture()->layout.spectra) {
        lacks << tr("singular values in its capture");
    }
    return lacks.isEmpty() ? tr("the numbers its questions are about") : lacks.join(tr(" and "));
}

void MainWindow::beginLecture(const QString& script) {
    // A slider that is held must be let go first: the lecture holds the plan itself.
    if (workspace_.document.isDragging()) return;
    LectureScript read;
    try {
        read = LectureScript::read(LectureScript::pathOf(script));
    } catch (const Error& error) {
        showBanner(tr("The lecture could not be read"), textOf(error));
        return;
    }
    tour_->leave();
    palette_->hide();
    explanation_->hide();
    if (maximised_ != nullptr) maximise(nullptr);
    auto* lecture = new Lecture(workspace_, read, *theme_, centralWidget());
    if (lecture->run().count() == 0) {
        delete lecture;
        showBanner(tr("There is nothing to ask about this session"),
                   tr("For a lecture it lacks %1. Every demo has what a lecture needs.").arg(lacksForLecture()));
        return;
    }
    lecture_ = lecture;
    beforeLecture_ = {};
    beforeLecture_.fontFactor = fontFactor_;
    beforeLecture_.focus = QApplication::focusWidget();
    beforeLecture_.state = windowState();
    for (QSplitter* splitter : workbench_->findChildren<QSplitter*>())
        beforeLecture_.splitters.insert(splitter, splitter->saveState());
    for (QDialog* dialog : findChildren<QDialog*>()) {
        if (!dialog->isVisible()) continue;
        beforeLecture_.windows.append(dialog);
        dialog->hide();
    }
    for (QWidget* widget : std::initializer_list<QWidget*>{menuBar(), statusBar(), workbench_})
        widget->hide();
    scaleFont(fontFactor_ * kLectureFactor);
    lecture_->begin();
    centralWidget()->layout()->addWidget(lecture_->stage());
    lecture_->stage()->setFocus();
    connect(lecture_, &Lecture::leaveRequested, this, [this] { setLecture(false); });
    connect(lecture_, &Lecture::explainRequested, this, [this](const QString& topic) { explain(topic); });
    connect(&lecture_->run(), &LectureRun::changed, explanation_, &QWidget::hide);
    explanation_->setLinks(false);
    connect(lecture_, &Lecture::fullScreenRequested, this,
            [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
}

void MainWindow::endLecture() {
    explanation_->hide();
    explanation_->setLinks(true);
    Lecture* lecture = lecture_;
    lecture_ = nullptr;
    centralWidget()->layout()->removeWidget(lecture->stage());
    lecture->end();
    lecture->deleteLater();
    scaleFont(beforeLecture_.fontFactor);
    for (QWidget* widget : std::initializer_list<QWidget*>{menuBar(), workbench_, statusBar()})
        widget->show();
    if (windowState() != beforeLecture_.state) setWindowState(beforeLecture_.state);
    for (const QPointer<QWidget>& window : beforeLecture_.windows) {
        if (window != nullptr) window->show();
    }
    fitWidth();
    // After the layouts have settled: widths that shrank with the type must not be kept.
    centralWidget()->layout()->activate();
    for (auto it = beforeLecture_.splitters.cbegin(); it != beforeLecture_.splitters.cend(); ++it)
        it.key()->restoreState(it.value());
    if (beforeLecture_.focus != nullptr) beforeLecture_.focus->setFocus();
    beforeLecture_ = {};
}

void MainWindow::buildTour() {
    tour_ = new TourRun(workspace_, *this, this);
    panels_.append(tour_->card());
    connect(story_, &StoryCard::tourRequested, this, [this] { startTour(); });
    connect(tour_, &TourRun::left, this, &MainWindow::tourLeft);
    connect(tour_, &TourRun::stepChanged, this, [this] { QSettings().setValue(tourKey_, tour_->step()); });
    // How many steps there are depends on what the session and its capture know.
    connect(&workspace_.document, &Document::modelChanged, this, &MainWindow::showTourSteps);
    connect(&workspace_.states, &StateSource::opened, this, &MainWindow::showTourSteps);
    showTourSteps();
}

QWidget* MainWindow::place(const QString& name) const {
    const std::pair<const char*, QWidget*> places[] = {
        {"model", plan_},  {"channels", channels_}, {"history", history_},         {"layer", layer_},
        {"state", state_}, {"compare", compare_},   {"scrubber", scrubber_},       {"tradeoff", tradeoff_},
        {"plans", plans_}, {"ribbon", ribbon_},     {"engine", toolBar_->engine()}};
    for (const auto& [known, widget] : places) {
        if (name == QLatin1String(known)) return widget;
    }
    return nullptr;
}

QAction* MainWindow::action(const QString& id) const {
    return actions_->action(id);
}

void MainWindow::showTourSteps() {
    const QString name = Tour::shipped().value(0);
    int steps = 0;
    try {
        if (!name.isEmpty()) steps = TourRun::countOf(Tour::read(Tour::pathOf(name)), workspace_);
    } catch (const Error&) {
        // Said when somebody asks for it.
        steps = 1;
    }
    const int left = QSettings().value(placeKey(name, workspace_.document)).toInt();
    story_->setTourSteps(steps, left > 0 && left < steps ? left : 0);
}

void MainWindow::startTour(const QString& name) {
    if (lecture_ != nullptr) return;
    const QString wanted = name.isEmpty() ? Tour::shipped().value(0) : name;
    try {
        const Tour tour = Tour::read(Tour::pathOf(wanted));
        tourKey_ = placeKey(wanted, workspace_.document);
        // Whatever covers the panels goes first.
        if (maximised_ != nullptr) maximise(nullptr);
        story_->setAside(true);
        applyShares();
        if (!tour_->start(tour, QSettings().value(tourKey_).toInt())) {
            tourLeft();
            showBanner(tr("The tour needs a session with measured plans and a capture"),
                       tr("It names the numbers of what is open. Every demo has them."));
        }
    } catch (const Error& error) {
        showBanner(tr("The tour could not be read"), textOf(error));
    }
}

void MainWindow::tourLeft() {
    story_->setAside(layout_ != Layout::Tune);
    QSettings().setValue(tourKey_, tour_->step());
    showTourSteps();
    applyShares();
}

}  // namespace rankscope::gui
