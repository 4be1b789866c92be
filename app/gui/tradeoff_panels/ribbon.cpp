// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/tradeoff_panels/ribbon.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/icons.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/tradeoff_panels/explanation.hpp"
#include "app/gui/tradeoff_panels/plan_title.hpp"
#include "app/gui/tradeoff_panels/ribbon_readout.hpp"

#include <QAction>
#include <QActionGroup>
#include <QApplication>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHelpEvent>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QToolTip>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace rankscope::gui {
namespace {

constexpr int kCompactLevel = 2;
constexpr double kWideFrom = 1600;
constexpr double kHeight = 64;
constexpr qsizetype kMostNameCharacters = 26;  // in the baseline's combo box

const QStringList kTopics{QStringLiteral("state"),      QStringLiteral("parameters"),
                          QStringLiteral("perplexity"), QStringLiteral("delta"),
                          QStringLiteral("recall"),     QStringLiteral("decode"),
                          QStringLiteral("prefill"),    QStringLiteral("mean_kept")};

bool isAnswer(const QString& topic) {
    return topic == QLatin1String("perplexity") || topic == QLatin1String("delta")
           || topic == QLatin1String("recall");
}

QString shortened(const QString& name) {
    return name.size() <= kMostNameCharacters ? name : name.left(kMostNameCharacters - 1) + QChar(0x2026);
}

}  // namespace

Ribbon::Ribbon(Workspace workspace, QWidget* parent)
    : QFrame(parent), workspace_(workspace), theme_(&Theme::light()) {
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(tr("Current plan"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    row_ = new QHBoxLayout(this);
    row_->setSpacing(0);
    // What is shown follows the width, so the width must not follow what is shown.
    row_->setSizeConstraint(QLayout::SetNoConstraint);
    title_ = new PlanTitle(this);
    row_->addWidget(title_);
    for (const QString& topic : kTopics) {
        auto* readout = new RibbonReadout(topic, this);
        readout->installEventFilter(this);
        connect(readout, &QAbstractButton::clicked, this, [this, topic] {
            if (!answerHidden_ || !isAnswer(topic)) Q_EMIT explainRequested(topic);
        });
        connect(readout, &RibbonReadout::copied, this,
                [this](const QString& text) { Q_EMIT message(tr("Copied %1").arg(text)); });
        readouts_.append(readout);
        row_->addWidget(readout);
    }
    row_->addStretch(1);
    buildControls();
    connectWorkspace();
    applyTheme(*theme_);
    layoutControls();
    showBaselines();
    showPlan();
}

void Ribbon::buildControls() {
    controls_ = new QWidget(this);
    auto* row = new QHBoxLayout(controls_);
    row->setContentsMargins(0, 0, 0, 0);
    against_ = new QLabel(tr("Changes against"), controls_);
    baseline_ = new QComboBox(controls_);
    baseline_->setAccessibleName(tr("Changes against"));
    baseline_->setFocusPolicy(Qt::StrongFocus);
    baseline_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    baseline_->installEventFilter(this);
    against_->setBuddy(baseline_);
    auto* column = new QVBoxLayout;
    column->setSpacing(1);
    column->addStretch(1);
    column->addWidget(against_);
    column->addWidget(baseline_);
    column->addStretch(1);
    row->addLayout(column);
    save_ = new QPushButton(tr("Save point"), controls_);
    save_->setAutoDefault(false);
    row->addWidget(save_);
    row_->addWidget(controls_);

    menu_ = new QMenu(this);
    compact_ = new QToolButton(this);
    compact_->setPopupMode(QToolButton::InstantPopup);
    compact_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    compact_->setFocusPolicy(Qt::TabFocus);
    compact_->setMenu(menu_);
    compact_->hide();
    row_->addWidget(compact_);

    connect(title_->name(), &PlanNameEdit::renamed, this, &Ribbon::rename);
    connect(baseline_, &QComboBox::activated, this,
            [this](int index) { setBaseline(baseline_->itemData(index).toString()); });
    connect(save_, &QPushButton::clicked, this, &Ribbon::save);
    connect(menu_, &QMenu::aboutToShow, this, &Ribbon::fillMenu);
}

void Ribbon::connectWorkspace() {
    const Document& document = workspace_.document;
    const auto all = [this] {
        showBaselines();
        showPlan();
    };
    connect(&document, &Document::modelChanged, this, all);
    connect(&document, &Document::pointsChanged, this, all);
    connect(&document, &Document::planChanged, this, [this] {
        if (workspace_.document.isDragging()) {
            showNumbers(false);
        } else {
            showPlan();
        }
    });
    connect(&document, &Document::resultChanged, this, &Ribbon::showPlan);
    connect(&document, &Document::scoresChanged, this, &Ribbon::showPlan);
    connect(&document, &Document::textChanged, this, &Ribbon::showPlan);
    const EngineControl& engine = workspace_.engine;
    const auto word = [this] { showNumbers(!workspace_.document.isDragging()); };
    connect(&engine, &EngineControl::statusChanged, this, word);
    connect(&engine, &EngineControl::jobsChanged, this, word);
    connect(&engine, &EngineControl::liveChanged, this, word);
}

double Ribbon::unit() const {
    return designUnit(QApplication::font());
}

void Ribbon::showPlan() {
    const bool saved = workspace_.document.currentPoint() != nullptr;
    const bool model = workspace_.document.hasModel();
    save_->setEnabled(model && !saved);
    save_->setToolTip(saved ? tr("This plan is among the saved ones")
                            : tr("Adds the plan to Plans (Ctrl+D)"));
    showNumbers(!workspace_.document.isDragging());
}

void Ribbon::showNumbers(bool settle) {
    const Document& document = workspace_.document;
    if (!document.hasModel()) {
        title_->setPlan({}, {});
        title_->name()->setEnabled(false);
        for (RibbonReadout* readout : readouts_)
            readout->setText(
                {textOf(readout->topic(), {}, {}).label, {}, number_text::kUnknown, {}, {}, {}, true, {}},
                true);
        fit();
        return;
    }
    title_->name()->setEnabled(true);
    const PlanFacts facts = currentFacts(document);
    const PlanFacts base = factsOfId(document, document.state().baseline).value_or(fullModelFacts(document));
    // A part filled glyph or a word tells nothing of the answer.
    title_->setPlan(facts, stateWord(facts, workspace_.engine));
    for (RibbonReadout* readout : readouts_)
        readout->setText(textOf(readout->topic(), facts, base), settle);
    if (settle) fit();
}

RibbonText Ribbon::textOf(const QString& topic, const PlanFacts& facts, const PlanFacts& base) const {
    using namespace number_text;
    const bool full = base.id == fullModelId() || base.id.isEmpty();
    const bool itself = base.id == facts.id;
    RibbonText text;
    const auto put = [&](const QString& label, const NumberAndUnit& value) {
        text.label = label;
        text.value = value.number;
        text.unit = value.unit;
    };
    if (topic == QLatin1String("state")) {
        put(tr("State per sequence"), byteText(facts.stateBytes));
        text.exact = exactText(facts.stateBytes, PlanFacts::kUnknown, tr("bytes"));
        if (!itself) text.change = changePercent(facts.stateBytes, base.stateBytes);
        return text;
    }
    if (topic == QLatin1String("parameters")) {
        put(tr("Parameters"), parameterText(facts.parameters));
        text.exact = exactText(facts.parameters, PlanFacts::kUnknown, {});
        if (!itself) text.change = changePercent(facts.parameters, base.parameters);
        return text;
    }
    if (topic == QLatin1String("mean_kept")) {
        put(tr("Mean kept channels"), {rank(facts.meanKept), {}});
        const auto& layers = workspace_.document.plan().layers;
        if (!layers.empty()) text.unit = tr("of %1").arg(layers.front().key_dim);
        text.exact = exactText(facts.meanKept, PlanFacts::kUnknown, {});
        return text;
    }
    if (topic == QLatin1String("decode") || topic == QLatin1String("prefill")) {
        const bool decode = topic == QLatin1String("decode");
        const double value = decode ? facts.decode() : facts.prefill();
        const double reference = decode ? base.decode() : base.prefill();
        text.label = decode ? tr("Decode") : tr("Prefill");
        if (facts.speed && std::isfinite(value)) {
            text.label = decode ? tr("Decode, batch %1").arg(facts.speed->batch)
                                : tr("Prefill, %1 tokens").arg(integer(facts.speed->length));
            text.note = speedOrigin(facts.speed);
            text.soft = facts.speed->same_width;
            const double mad = decode ? facts.speed->decode_mad : facts.speed->prefill_mad;
            text.exact = exactText(value, mad * value, tr("tokens/s"));
        }
        const QString said = speed(value);
        const qsizetype space = said.lastIndexOf(QLatin1Char(' '));
        text.value = space < 0 ? said : said.left(space);
        if (space >= 0) text.unit = said.mid(space + 1);
        if (!itself && std::isfinite(value / reference) && timedTogether(facts, base))
            text.change = ratio(value / reference);
        return text;
    }
    text.soft = !facts.isExact();
    const QString about = facts.estimated ? QStringLiteral("≈ ") : QString();
    const auto known = [&](double value, const QString& shown) {
        return std::isfinite(value) ? about + shown : QString(kUnknown);
    };
    // A change against an estimate would look surer than it is.
    const bool comparable = !itself && !base.estimated;
    if (topic == QLatin1String("perplexity")) {
        put(tr("Perplexity"), {known(facts.perplexity, perplexity(facts.perplexity)), {}});
        text.error = plusMinus(facts.perplexityError);
        text.exact = exactText(facts.perplexity, facts.perplexityError, {});
        if (comparable && !full && std::isfinite(facts.perplexity - base.perplexity))
            text.change = perplexityDelta(facts.perplexity - base.perplexity);
    } else if (topic == QLatin1String("delta")) {
        put(tr("Δ to full model, paired"), {known(facts.delta, perplexityDelta(facts.delta)), {}});
        text.error = plusMinus(facts.deltaError);
        text.exact = exactText(facts.delta, facts.deltaError, {});
        if (facts.method == Method::FullModel) {
            text.change.clear();
        } else if (full && std::isfinite(facts.deltaNll)) {
            // Of the same windows: right for half a measurement too.
            text.change = changePercent(std::exp(facts.deltaNll), 1);
        } else if (comparable && std::isfinite(facts.deltaNll) && std::isfinite(base.deltaNll)) {
            text.change = changePercent(std::exp(facts.deltaNll - base.deltaNll), 1);
        }
    } else {
        const QString value = std::isfinite(facts.recall) ? fixed(100 * facts.recall, 1) : QString(kUnknown);
        put(tr("Recall"), {value, std::isfinite(facts.recall) ? QStringLiteral("%") : QString()});
        if (std::isfinite(facts.recallError)) text.error = plusMinus(100 * facts.recallError, 1);
        text.exact = exactText(100 * facts.recall, 100 * facts.recallError, QStringLiteral("%"));
        if (!itself && std::isfinite(facts.recall - base.recall))
            text.change = tr("%1 points").arg(signedFixed(100 * (facts.recall - base.recall), 1));
    }
    if (answerHidden_) {
        text.value = QStringLiteral("?");
        text.unit.clear();
        text.error.clear();
        text.change.clear();
        text.exact.clear();
    }
    return text;
}

QList<std::pair<QString, QString>> Ribbon::baselines() const {
    const DocumentState& state = workspace_.document.state();
    QList<std::pair<QString, QString>> list{{QString(), tr("Full model")}};
    const auto nameOf = [&](const QString& id) {
        const SavedPlan* point = workspace_.document.point(id);
        return point == nullptr ? QString() : shortened(QString::fromStdString(point->choice.name));
    };
    if (!nameOf(state.pinA).isEmpty()) list.append({state.pinA, tr("A: %1").arg(nameOf(state.pinA))});
    if (!nameOf(state.pinB).isEmpty() && state.pinB != state.pinA)
        list.append({state.pinB, tr("B: %1").arg(nameOf(state.pinB))});
    for (const SavedPlan& point : state.points) {
        if (point.id != state.pinA && point.id != state.pinB) list.append({point.id, nameOf(point.id)});
    }
    return list;
}

void Ribbon::showBaselines() {
    const QSignalBlocker blocker(baseline_);
    baseline_->clear();
    const QString chosen = workspace_.document.state().baseline;
    int current = 0;
    for (const auto& [id, name] : baselines()) {
        if (id == chosen) current = baseline_->count();
        baseline_->addItem(name, id);
    }
    baseline_->setCurrentIndex(current);
    compact_->setText(QLatin1Char(' ') + baselineName(true));
    compact_->setAccessibleName(tr("Changes against %1; save point").arg(baselineName(false)));
    compact_->setToolTip(
        tr("Changes are against %1. Save the plan, or choose another").arg(baselineName(false)));
    fit();
}

QString Ribbon::baselineName(bool compact) const {
    const DocumentState& state = workspace_.document.state();
    if (workspace_.document.point(state.baseline) == nullptr)
        return compact ? tr("vs full") : tr("the full model");
    if (state.baseline == state.pinA) return compact ? tr("vs A") : tr("A");
    if (state.baseline == state.pinB) return compact ? tr("vs B") : tr("B");
    return compact ? tr("vs plan")
                   : QString::fromStdString(workspace_.document.point(state.baseline)->choice.name);
}

void Ribbon::fillMenu() {
    menu_->clear();
    QAction* save = menu_->addAction(themedIcon(QStringLiteral("pin"), *theme_), tr("Save point"));
    save->setEnabled(save_->isEnabled());
    connect(save, &QAction::triggered, this, &Ribbon::save);
    menu_->addSection(tr("Changes against"));
    auto* group = new QActionGroup(menu_);
    for (const auto& [id, name] : baselines()) {
        QAction* action = menu_->addAction(name);
        action->setCheckable(true);
        action->setChecked(id == workspace_.document.state().baseline);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, id = id] { setBaseline(id); });
    }
}

void Ribbon::rename(const QString& name) {
    Document& document = workspace_.document;
    if (const SavedPlan* point = document.currentPoint()) {
        document.renamePoint(point->id, name);
        return;
    }
    PlanChoice plan = document.state().plan;
    plan.name = name.toStdString();
    document.setPlan(tr("Rename to %1").arg(name), std::move(plan));
}

void Ribbon::setBaseline(const QString& id) {
    DocumentState next = workspace_.document.state();
    next.baseline = id;
    const SavedPlan* point = workspace_.document.point(id);
    const QString name = point == nullptr ? tr("full model") : QString::fromStdString(point->choice.name);
    workspace_.document.setState(tr("Changes against %1").arg(name), std::move(next));
}

void Ribbon::save() {
    const QString id = workspace_.document.savePoint();
    workspace_.selection.setPoint(id);
    if (const SavedPlan* point = workspace_.document.point(id))
        Q_EMIT message(tr("Saved %1").arg(QString::fromStdString(point->choice.name)));
}

void Ribbon::setAnswerHidden(bool hidden) {
    if (hidden == answerHidden_) return;
    answerHidden_ = hidden;
    showNumbers(true);
}

void Ribbon::setLevel(int level) {
    if (level == level_) return;
    level_ = level;
    fit();
}

bool Ribbon::isWanted(const QString& topic, int level, bool wide) const {
    if (topic == QLatin1String("parameters")) return level < kCompactLevel;
    if (topic == QLatin1String("recall"))
        return workspace_.document.text() && workspace_.document.text()->answers;
    if (topic == QLatin1String("prefill") || topic == QLatin1String("mean_kept")) return wide;
    return true;
}

int Ribbon::widthOf(int level, bool wide) const {
    const QMargins margins = row_->contentsMargins();
    int width = margins.left() + margins.right() + title_->minimumSizeHint().width()
                + (level < kCompactLevel ? controls_->sizeHint().width() : compact_->sizeHint().width());
    for (const RibbonReadout* readout : readouts_) {
        if (isWanted(readout->topic(), level, wide)) width += readout->sizeHint().width();
    }
    return width;
}

int Ribbon::neededWidth(int level) const {
    return widthOf(level, false);
}

void Ribbon::setReadOnly(bool readOnly) {
    readOnly_ = readOnly;
    title_->name()->setFocusPolicy(readOnly ? Qt::NoFocus : Qt::StrongFocus);
    title_->name()->setReadOnly(readOnly);
    title_->name()->setAttribute(Qt::WA_TransparentForMouseEvents, readOnly);
    fit();
}

void Ribbon::fitReadOnly() {
    controls_->hide();
    compact_->hide();
    const QMargins margins = row_->contentsMargins();
    int room = width() - margins.left() - margins.right() - title_->minimumSizeHint().width();
    for (const char* topic :
         {"perplexity", "delta", "state", "recall", "decode", "parameters", "mean_kept", "prefill"}) {
        for (RibbonReadout* readout : readouts_) {
            if (readout->topic() != QLatin1String(topic)) continue;
            const bool shown = isWanted(readout->topic(), 0, true) && readout->sizeHint().width() <= room;
            readout->setVisible(shown);
            if (shown) room -= readout->sizeHint().width();
        }
    }
    updateGeometry();
}

void Ribbon::fit() {
    if (readOnly_) {
        fitReadOnly();
        return;
    }
    const bool wide = level_ == 0 && width() >= kWideFrom * unit() && widthOf(0, true) <= width();
    shownLevel_ = level_ < kCompactLevel && widthOf(level_, false) > width() ? kCompactLevel : level_;
    for (RibbonReadout* readout : readouts_)
        readout->setVisible(isWanted(readout->topic(), shownLevel_, wide));
    controls_->setVisible(shownLevel_ < kCompactLevel);
    compact_->setVisible(shownLevel_ >= kCompactLevel);
    updateGeometry();
}

QList<RibbonReadout*> Ribbon::shownReadouts() const {
    QList<RibbonReadout*> shown;
    for (RibbonReadout* readout : readouts_) {
        if (!readout->isHidden()) shown.append(readout);
    }
    return shown;
}

QSize Ribbon::minimumSizeHint() const {
    if (readOnly_) return {title_->minimumSizeHint().width(), qRound(kHeight * unit())};
    return {neededWidth(std::max(level_, kCompactLevel)), qRound(kHeight * unit())};
}

QSize Ribbon::sizeHint() const {
    return {neededWidth(level_), qRound(kHeight * unit())};
}

void Ribbon::applyTheme(const Theme& theme) {
    theme_ = &theme;
    title_->applyTheme(theme);
    for (RibbonReadout* readout : readouts_)
        readout->applyTheme(theme);
    QPalette soft = against_->palette();
    soft.setColor(QPalette::WindowText, theme.color(Role::Ink2));
    against_->setPalette(soft);
    save_->setIcon(themedIcon(QStringLiteral("pin"), theme, Role::Ink));
    compact_->setIcon(themedIcon(QStringLiteral("pin"), theme, Role::Ink));
    update();
}

void Ribbon::layoutControls() {
    const double u = unit();
    row_->setContentsMargins(1, 1, qRound(9 * u), 1);
    auto* row = static_cast<QHBoxLayout*>(controls_->layout());
    row->setContentsMargins(qRound(12 * u), 0, 0, 0);
    row->setSpacing(qRound(14 * u));
    row->setAlignment(save_, Qt::AlignVCenter);
    against_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    baseline_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    compact_->setFont(scaledFont(QApplication::font(), TextRole::Label));
    save_->setMinimumHeight(qRound(28 * u));
    compact_->setMinimumHeight(qRound(26 * u));
    fit();
}

void Ribbon::paintEvent(QPaintEvent* /*event*/) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(theme_->color(Role::Border), 1));
    painter.setBrush(theme_->color(Role::Panel));
    const double radius = 4 * unit();
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius);
}

void Ribbon::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    fit();
}

void Ribbon::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::FontChange) layoutControls();
}

bool Ribbon::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        if (const auto* readout = qobject_cast<RibbonReadout*>(watched)) {
            const QString& topic = readout->topic();
            QString text =
                explanationToolTip(answerHidden_ && isAnswer(topic) ? QString() : topic, workspace_);
            const auto facts =
                workspace_.document.hasModel() ? currentFacts(workspace_.document) : PlanFacts{};
            const bool speed = topic == QLatin1String("decode") || topic == QLatin1String("prefill");
            if (speed && facts.speed) text += QLatin1Char('\n') + speedDetails(*facts.speed);
            QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), text, this);
            return true;
        }
    }
    // The wheel over the ribbon must not change what everything is compared with.
    if (event->type() == QEvent::Wheel && watched == baseline_ && !baseline_->hasFocus()) {
        event->ignore();
        return true;
    }
    return QFrame::eventFilter(watched, event);
}

}  // namespace rankscope::gui
