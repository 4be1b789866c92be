// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_status.hpp"
#include "app/gui/document/workspace.hpp"
#include "app/gui/teaching/lesson_host.hpp"
#include "app/gui/theme/theme.hpp"

#include <QHash>
#include <QList>
#include <QMainWindow>
#include <QPointer>
#include <QString>

QT_BEGIN_NAMESPACE
class QLabel;
class QMenu;
class QSplitter;
class QStackedWidget;
QT_END_NAMESPACE

namespace rankscope {
struct Plan;
}

namespace rankscope::gui {

class ActionRegistry;
class Banner;
class BenchmarkDialog;
class ChannelsPanel;
class CommandPalette;
class ComparePanel;
class DeviceMenu;
class ElidedLabel;
class ExplanationCard;
class HistoryNotesPanel;
class LayerPanel;
class Lecture;
class MainToolBar;
class NoisePanel;
class NumberUnderHand;
class Panel;
class PlanPanel;
class PlansJobsPanel;
class RecentMenu;
class ReportWriter;
class Ribbon;
class SessionKeeper;
class StatePanel;
class StoryCard;
class TokenScrubber;
class TourRun;
class TradeoffPanel;
struct CaptureData;

/// Proportions and middle panel; the meaning of every command is the same in all of them.
enum class Layout { Inspect, Tune, Compare };

/// The window: three columns around the current plan. Knows the panels and wires them to the commands; what
/// is open lives in the workspace.
class MainWindow : public QMainWindow, public LessonHost {
    Q_OBJECT

public:
    explicit MainWindow(Workspace workspace, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// A demo by name; the first one if the name is empty.
    void openDemo(const QString& name);
    /// A session, a capture, a model folder or a text, told apart by what it is.
    void openPath(const QString& path);
    /// Writes a saved plan, or the current one for any other id, as the command line's plan file. Where its
    /// channels are not known for certain the engine is asked first.
    void savePlan(const QString& point, const QString& path);
    /// Starts the engine on this machine, on the device that was chosen for it last.
    void startEngine();
    /// Says that work of a window that did not end properly can be brought back.
    void offerRecovery();

    /// The keyboard goes to the layers, as after a click on one.
    void takeKeyboard();

    void setLayout(Layout layout);

    [[nodiscard]] Layout currentLayout() const { return layout_; }

    void setTheme(const Theme& theme);

    [[nodiscard]] const Theme& theme() const { return *theme_; }

    /// A lecture takes the place of everything in the window; ending it puts everything back. `script`: one
    /// that is shipped by name (empty: the first), or a file of one's own.
    void setLecture(bool lecture, const QString& script = {});

    [[nodiscard]] bool isLecture() const { return lecture_ != nullptr; }

    /// Null while there is none.
    [[nodiscard]] Lecture* lecture() const { return lecture_; }

    /// Starts a tour where it was left: a shipped one by name (empty: the first), or a file of one's own.
    void startTour(const QString& name = {});

    [[nodiscard]] TourRun* tour() const { return tour_; }

    [[nodiscard]] QWidget* place(const QString& name) const override;
    [[nodiscard]] QAction* action(const QString& id) const override;

    [[nodiscard]] ActionRegistry& actions() { return *actions_; }

    [[nodiscard]] SessionKeeper& keeper() { return *keeper_; }

    [[nodiscard]] Banner* banner() const { return banner_; }

    [[nodiscard]] CommandPalette* palettePanel() const { return palette_; }

    /// Every panel, in focus order.
    [[nodiscard]] const QList<QWidget*>& panels() const { return panels_; }

    void showBanner(const QString& title, const QString& sentence, const QString& remedy = {},
                    const QString& remedyId = {}, const QString& details = {});
    void say(const QString& message);

protected:
    void closeEvent(QCloseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    // main_window.cpp
    void buildColumns();
    void buildStatusBar();
    void connectPanels();
    void connectWorkspace();
    void modelChanged();
    void levelChanged();
    void showTitle();
    void showStatus();
    void captureOpened();
    /// A banner where nothing went wrong.
    void showNote(const QString& title, const QString& sentence, const QString& remedy,
                  const QString& remedyId);
    [[nodiscard]] static QString explained(const QString& detail, const QString& hint);
    [[nodiscard]] static QString unchanged();
    [[nodiscard]] bool refuseCapture();
    void keepCapture(const std::string& path);
    void findModelOf(const CaptureData& capture);
    /// Beside what has the keyboard when no widget is given.
    void explain(const QString& topic, const QWidget* beside = nullptr);
    void explainNumberUnderHand();
    [[nodiscard]] std::string viewText() const;
    void restoreView();

    // main_window_layout.cpp
    void applyShares();
    void rememberShares();
    void fitWidth();
    void showMiddle();
    /// Brings a part of the window up and gives it the keyboard.
    void showPlace(const QString& name);
    static void focusInto(QWidget* panel);
    void maximise(QWidget* panel);
    void popOut(QWidget* panel);
    void dress(QWidget* panel);
    void stepPanel(int direction);
    [[nodiscard]] QWidget* focusedPanel() const;
    void scaleFont(double factor);

    // main_window_actions.cpp
    void buildActions();
    void buildPlanActions();
    void buildMenus();
    void openPalette();
    void copyPanel();
    void showKeys();

    // main_window_teaching.cpp
    void beginLecture(const QString& script);
    /// What the open session lacks for the questions of a lecture.
    [[nodiscard]] QString lacksForLecture() const;
    void endLecture();
    void buildTour();
    void showTourSteps();
    void tourLeft();

    // main_window_plans.cpp
    void askPlan();
    void openPlan(const QString& path);
    void askSavePlan(const QString& point);
    void writePlan(const Plan& plan, const QString& path);
    void planNotSaved(const QString& path, const QString& why);

    // main_window_files.cpp
    void openModelFolder();
    void openCapture();
    void openSession();
    void openText();
    void openCalibration();
    /// What was said of another file is out of date.
    void hideFileBanner();
    /// What the banner with this remedy said is no longer so.
    void hideBanner(const QString& id);
    /// Names what a session from elsewhere wants read, while nobody has agreed to it.
    void askForNamed();
    bool save(bool asNew);
    [[nodiscard]] bool mayLeave();
    void askCapture(int layer);
    void askExport();
    void askSweep();
    void askBenchmark();
    void askConnection();
    void chooseDevice(const QString& device);
    void showEngineDetails();
    void exportPlansTable();
    void exportReport();
    void exportNotes();
    void askPreferences();
    void usePreferences();

    Workspace workspace_;
    const Theme* theme_;
    const Theme* systemTheme_;
    ActionRegistry* actions_;
    SessionKeeper* keeper_;
    Layout layout_ = Layout::Tune;
    Lecture* lecture_ = nullptr;
    bool noise_ = false;  ///< the middle shows query noise
    int level_ = 0;
    double fontFactor_ = 1;

    QMenu* openMenu_ = nullptr;
    RecentMenu* recentMenu_ = nullptr;
    QMenu* demoMenu_ = nullptr;
    DeviceMenu* deviceMenu_ = nullptr;
    QMenu* exportMenu_ = nullptr;
    MainToolBar* toolBar_ = nullptr;
    Ribbon* ribbon_ = nullptr;
    Banner* banner_ = nullptr;
    QSplitter* columns_ = nullptr;
    QSplitter* left_ = nullptr;
    QSplitter* right_ = nullptr;
    QWidget* workbench_ = nullptr;  ///< everything but menu and status bar
    QWidget* middle_ = nullptr;
    QWidget* rightColumn_ = nullptr;
    QStackedWidget* middleStack_ = nullptr;
    PlanPanel* plan_ = nullptr;
    ChannelsPanel* channels_ = nullptr;
    HistoryNotesPanel* history_ = nullptr;
    LayerPanel* layer_ = nullptr;
    StatePanel* state_ = nullptr;
    NoisePanel* noisePanel_ = nullptr;
    ComparePanel* compare_ = nullptr;
    TokenScrubber* scrubber_ = nullptr;
    StoryCard* story_ = nullptr;
    TradeoffPanel* tradeoff_ = nullptr;
    PlansJobsPanel* plans_ = nullptr;
    ExplanationCard* explanation_ = nullptr;
    NumberUnderHand* number_ = nullptr;
    ReportWriter* report_ = nullptr;
    BenchmarkDialog* benchmark_ = nullptr;  ///< made when it is first asked for
    CommandPalette* palette_ = nullptr;
    TourRun* tour_ = nullptr;
    QString tourKey_;  ///< of the settings: where the tour was left

    struct {
        double fontFactor = 1;
        QHash<QSplitter*, QByteArray> splitters;
        QList<QPointer<QWidget>> windows;  ///< popped-out panels and dialogs: they would show what is asked
        QPointer<QWidget> focus;
        Qt::WindowStates state;
    } beforeLecture_;

    QLabel* textLabel_ = nullptr;
    QLabel* placeLabel_ = nullptr;
    ElidedLabel* modelLabel_ = nullptr;
    ElidedLabel* readout_ = nullptr;
    QList<QWidget*> panels_;
    QWidget* maximised_ = nullptr;
    QList<QWidget*> hidden_;    ///< by maximising
    bool opensFolder_ = false;  ///< the engine was asked to open a model
    QString waitingCapture_;    ///< opened without a model, and shown when there is one
    QString waitingPlan_;       ///< plan file that is opened when its model is
    EngineAddress address_;     ///< of the engine that was asked for last
    QString anyway_;            ///< capture or plan of another model that the person wants to see
};

}  // namespace rankscope::gui
