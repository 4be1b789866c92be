// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/tradeoff_panel.hpp"

#include "app/gui/charts/tradeoff_view.hpp"
#include "app/gui/client/engine_control.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/tradeoff_panels/plan_drag.hpp"
#include "app/gui/tradeoff_panels/tradeoff_dot.hpp"
#include "app/gui/widgets/empty_note.hpp"
#include "app/gui/widgets/explain_topic.hpp"

#include <QApplication>
#include <QComboBox>
#include <QDrag>
#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QMouseEvent>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <cmath>

namespace rankscope::gui {
namespace {

const QStringList kSweepMethods{QStringLiteral("drrqr"), QStringLiteral("l1"), QStringLiteral("random")};
const std::vector<double> kSweepRatios{0.25, 0.375, 0.5, 0.625, 0.75};

QComboBox* headerBox(const QString& name, QWidget* parent) {
    auto* box = new QComboBox(parent);
    box->setAccessibleName(name);
    box->setFocusPolicy(Qt::StrongFocus);
    return box;
}

}  // namespace

TradeoffPanel::TradeoffPanel(Workspace workspace, QWidget* parent)
    : Panel(tr("Trade-off"), parent), workspace_(workspace) {
    qualityBox_ = headerBox(tr("Quality on the vertical axis"), this);
    qualityBox_->addItems({tr("Perplexity"), tr("Recall")});
    against_ = new QLabel(tr("against"), this);
    xBox_ = headerBox(tr("Cost on the horizontal axis"), this);
    xBox_->addItems({tr("State size"), tr("Decode speed"), tr("Prefill speed"), tr("Parameters")});
    addHeaderWidget(qualityBox_);
    addHeaderWidget(against_);
    addHeaderWidget(xBox_);

    stack_ = new QStackedWidget(this);
    view_ = new TradeoffView(stack_);
    view_->setContextMenuPolicy(Qt::CustomContextMenu);
    empty_ = new EmptyNote(stack_);
    stack_->addWidget(view_);
    stack_->addWidget(empty_);
    body()->addWidget(stack_, 1);
    setPlot(view_);
    context_ = new QMenu(this);

    // What is in the header follows the width, so the width must not follow it.
    layout()->setSizeConstraint(QLayout::SetNoConstraint);
    qualityMenu_ = new QMenu(tr("Quality"), this);
    for (const Quality quality : {Quality::Perplexity, Quality::Recall}) {
        QAction* choice = qualityMenu_->addAction(qualityBox_->itemText(static_cast<int>(quality)));
        choice->setCheckable(true);
        connect(choice, &QAction::triggered, this, [this, quality] { setQuality(quality); });
    }
    QAction* zoom = new QAction(tr("Whole range"), this);
    connect(zoom, &QAction::triggered, view_, &TradeoffView::resetZoom);
    setExplainTopic(view_, QStringLiteral("delta"));
    QAction* first = menu()->actions().value(0);
    menu()->insertMenu(first, qualityMenu_);
    menu()->insertAction(first, zoom);

    connectView();
    connectWorkspace();
    applyTheme(theme());
    showChoices();
    rebuild();
}

void TradeoffPanel::connectView() {
    Selection& selection = workspace_.selection;
    connect(xBox_, &QComboBox::activated, this, [this](int index) { setX(static_cast<TradeoffX>(index)); });
    connect(qualityBox_, &QComboBox::activated, this,
            [this](int index) { setQuality(static_cast<Quality>(index)); });
    const auto explainOf = [this](const QString& id) {
        setExplainTopic(view_, id.isEmpty() ? QStringLiteral("delta") : QStringLiteral("delta/") + id);
    };
    connect(view_, &TradeoffView::dotPicked, this, [&selection, explainOf](const QString& id) {
        explainOf(id);
        selection.setPoint(id);
    });
    connect(view_, &TradeoffView::dotHovered, this, [this, &selection, explainOf](const QString& id) {
        explainOf(id.isEmpty() ? view_->data().selected : id);
        Hover hover;
        hover.point = id;
        selection.setHover(hover);
    });
    connect(view_, &TradeoffView::dotActivated, this,
            [this](const QString& id) { makeCurrent(workspace_.document, id); });
    connect(view_, &TradeoffView::dotDeleteRequested, this, &TradeoffPanel::remove);
    connect(view_, &PlotView::readoutChanged, this, &Panel::readoutChanged);
    connect(view_, &QWidget::customContextMenuRequested, this, &TradeoffPanel::showContextMenu);
    connect(empty_, &EmptyNote::remedyRequested, this,
            [this] {
                if (workspace_.document.text()) {
                    workspace_.engine.sweep(kSweepMethods, kSweepRatios);
                } else {
                    Q_EMIT textRequested();
                }
            });
    for (QObject* watched : {static_cast<QObject*>(view_->viewport()), static_cast<QObject*>(qualityBox_),
                             static_cast<QObject*>(xBox_)})
        watched->installEventFilter(this);
}

void TradeoffPanel::connectWorkspace() {
    const Document& document = workspace_.document;
    connect(&document, &Document::modelChanged, this, [this] {
        showChoices();
        rebuild();
        view_->resetZoom();
    });
    connect(&document, &Document::textChanged, this, [this] {
        showChoices();
        rebuild();
    });
    connect(&document, &Document::pointsChanged, this, &TradeoffPanel::rebuild);
    connect(&document, &Document::planChanged, this, [this] {
        if (workspace_.document.isDragging()) {
            moveCurrent();
        } else {
            rebuild();
        }
    });
    connect(&document, &Document::resultChanged, this, [this](const QString& key) {
        if (key.isEmpty()) {
            rebuild();
        } else {
            updateDots(key);
        }
    });
    // Whether the current plan's channels are its method's.
    connect(&document, &Document::scoresChanged, this,
            [this] { updateDots(planKey(workspace_.document.plan())); });
    const Selection& selection = workspace_.selection;
    connect(&selection, &Selection::pointChanged, this,
            [this] { view_->setSelected(workspace_.selection.point()); });
    connect(&selection, &Selection::hoverChanged, this,
            [this] { view_->setHover(workspace_.selection.hover().point); });
    const EngineControl& engine = workspace_.engine;
    connect(&engine, &EngineControl::statusChanged, this, &TradeoffPanel::showEmpty);
}

bool TradeoffPanel::hasAnswers() const {
    return workspace_.document.text() && workspace_.document.text()->answers;
}

TradeoffDot TradeoffPanel::dotOf(const PlanFacts& facts) const {
    return tradeoffDot(workspace_.document, facts, quality_ == Quality::Recall);
}

void TradeoffPanel::rebuild() {
    const Document& document = workspace_.document;
    TradeoffData data;
    data.x = x_;
    data.qualityTitle = quality_ == Quality::Recall ? tr("recall, %") : tr("perplexity");
    data.lowerIsBetter = quality_ == Quality::Perplexity;
    if (document.hasModel()) {
        data.dots.append(dotOf(fullModelFacts(document)));
        for (const SavedPlan& point : document.state().points) {
            const PlanFacts facts = planFacts(document, point);
            // The star stands for every plan that removes nothing.
            if (facts.method != Method::FullModel) data.dots.append(dotOf(facts));
        }
        const PlanFacts current = currentFacts(document);
        if (current.id == currentPlanId()) data.dots.append(dotOf(current));
        data.current = current.method == Method::FullModel ? fullModelId() : current.id;
        data.selected = workspace_.selection.point();
        data.pinA = document.state().pinA;
        data.pinB = document.state().pinB;
        data.hideCurrent = answerHidden_;
    }
    view_->setData(data);
    showEmpty();
}

void TradeoffPanel::moveCurrent() {
    PlanFacts facts = planFacts(workspace_.document, workspace_.document.plan());
    facts.id = currentPlanId();
    if (view_->data().current == currentPlanId()) {
        view_->setDot(dotOf(facts));
        return;
    }
    // The first move of a drag takes the ring off the saved plan.
    TradeoffData data = view_->data();
    data.current = currentPlanId();
    data.dots.append(dotOf(facts));
    view_->setData(data);
}

void TradeoffPanel::updateDots(const QString& key) {
    const Document& document = workspace_.document;
    for (const SavedPlan& point : document.state().points) {
        if (planKey(point.choice) != key) continue;
        const PlanFacts facts = planFacts(document, point);
        if (facts.method != Method::FullModel) view_->setDot(dotOf(facts));
    }
    if (view_->data().current == currentPlanId() && planKey(document.plan()) == key) moveCurrent();
    showEmpty();
}

void TradeoffPanel::showEmpty() {
    const Document& document = workspace_.document;
    if (!document.hasModel()) {
        empty_->setNote(tr("No model is open"));
    } else if (document.state().points.empty() && !document.fullQuality()) {
        if (!document.text()) {
            empty_->setNote(tr("Plans are measured on a text. Open one to see what they cost"),
                            tr("Evaluation text…"));
        } else if (workspace_.engine.status().state != EngineStatus::State::Ready) {
            empty_->setNote(tr("No plan was measured yet, and the engine is not running"));
        } else {
            empty_->setNote(tr("No plan was measured yet. A sweep measures three methods at five ratios"),
                            tr("Sweep DRRQR, L1 and Random"));
        }
    } else {
        stack_->setCurrentWidget(view_);
        return;
    }
    stack_->setCurrentWidget(empty_);
}

void TradeoffPanel::showChoices() {
    if (!hasAnswers()) quality_ = Quality::Perplexity;
    qualityMenu_->menuAction()->setVisible(hasAnswers());
    qualityBox_->setCurrentIndex(static_cast<int>(quality_));
    xBox_->setCurrentIndex(static_cast<int>(x_));
    for (int i = 0; i < 2; ++i)
        qualityMenu_->actions()[i]->setChecked(i == static_cast<int>(quality_));
    fitHeader();
}

void TradeoffPanel::setX(TradeoffX x) {
    x_ = x;
    showChoices();
    view_->setX(x);
}

void TradeoffPanel::setQuality(Quality quality) {
    quality_ = quality;
    showChoices();
    rebuild();
    view_->resetZoom();
}

void TradeoffPanel::setAnswerHidden(bool hidden) {
    answerHidden_ = hidden;
    rebuild();
}

void TradeoffPanel::remove(const QString& id) {
    const SavedPlan* point = workspace_.document.point(id);
    if (point == nullptr) return;
    const QString name = QString::fromStdString(point->choice.name);
    workspace_.document.removePoint(id);
    Q_EMIT message(tr("Removed %1. Undo brings it back").arg(name));
}

void TradeoffPanel::showContextMenu(const QPoint& at) {
    context_->clear();
    const QString id = workspace_.selection.hover().point.isEmpty() ? workspace_.selection.point()
                                                                    : workspace_.selection.hover().point;
    if (const auto facts = factsOfId(workspace_.document, id)) {
        context_->addSection(facts->name);
        const auto add = [this](const QString& text, auto action) {
            connect(context_->addAction(text), &QAction::triggered, this, action);
        };
        add(tr("Make it the current plan"), [this, id] { makeCurrent(workspace_.document, id); });
        if (workspace_.document.point(id) != nullptr) {
            add(tr("Pin as A"), [this, id] { workspace_.document.pin(true, id); });
            add(tr("Pin as B"), [this, id] { workspace_.document.pin(false, id); });
            add(tr("Remove"), [this, id] { remove(id); });
        } else if (id == currentPlanId()) {
            add(tr("Save point"), [this] { workspace_.selection.setPoint(workspace_.document.savePoint()); });
        }
        context_->addSeparator();
    }
    context_->addActions(menu()->actions());
    context_->popup(view_->mapToGlobal(at));
}

void TradeoffPanel::applyTheme(const Theme& theme) {
    Panel::applyTheme(theme);
    view_->setTheme(theme);
    empty_->applyTheme(theme);
    QPalette soft = against_->palette();
    soft.setColor(QPalette::WindowText, theme.color(Role::Ink2));
    against_->setPalette(soft);
    const QFont font = scaledFont(QApplication::font(), TextRole::Label);
    against_->setFont(font);
    qualityBox_->setFont(font);
    xBox_->setFont(font);
}

QSize TradeoffPanel::minimumSizeHint() const {
    // Without what fitHeader() can do without.
    int spare = 0;
    for (const QWidget* each :
         {static_cast<const QWidget*>(against_), static_cast<const QWidget*>(qualityBox_)}) {
        if (!each->isHidden()) spare += each->minimumSizeHint().width() + px(6);
    }
    const QSize size = Panel::minimumSizeHint();
    return {size.width() - spare, size.height()};
}

void TradeoffPanel::fitHeader() {
    qualityBox_->setVisible(hasAnswers());
    against_->setVisible(true);
    if (Panel::minimumSizeHint().width() <= width()) return;
    against_->hide();
    // The … menu has the same choice.
    qualityBox_->setVisible(hasAnswers() && Panel::minimumSizeHint().width() <= width());
}

void TradeoffPanel::resizeEvent(QResizeEvent* event) {
    Panel::resizeEvent(event);
    fitHeader();
}

void TradeoffPanel::changeEvent(QEvent* event) {
    Panel::changeEvent(event);
    if (event->type() == QEvent::FontChange) applyTheme(theme());
}

bool TradeoffPanel::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Wheel && qobject_cast<QComboBox*>(watched) != nullptr
        && !static_cast<QWidget*>(watched)->hasFocus()) {
        event->ignore();
        return true;
    }
    // The base watches its header before there is a chart.
    if (view_ == nullptr) return Panel::eventFilter(watched, event);
    if (watched == view_->viewport() && event->type() == QEvent::MouseButtonPress) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        pressedAt_ = mouse->position().toPoint();
        const QString under = workspace_.selection.hover().point;
        pressed_ = mouse->button() == Qt::LeftButton && workspace_.document.point(under) != nullptr
                       ? under
                       : QString();
    } else if (watched == view_->viewport() && event->type() == QEvent::MouseMove && !pressed_.isEmpty()) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const bool far =
            (mouse->position().toPoint() - pressedAt_).manhattanLength() >= QApplication::startDragDistance();
        if ((mouse->buttons() & Qt::LeftButton) != 0 && far) {
            const SavedPlan* point = workspace_.document.point(pressed_);
            const QString name = point == nullptr ? QString() : QString::fromStdString(point->choice.name);
            auto* drag = new QDrag(this);
            drag->setMimeData(pointMimeData(pressed_, name));
            pressed_.clear();
            drag->exec(Qt::CopyAction);
            return true;
        }
    } else if (watched == view_->viewport() && event->type() == QEvent::MouseButtonRelease) {
        pressed_.clear();
    }
    return Panel::eventFilter(watched, event);
}

}  // namespace rankscope::gui
