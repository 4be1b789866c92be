// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/window/benchmark_dialog.hpp"

#include "app/gui/client/engine_control.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/document/plan_record.hpp"
#include "app/gui/document/selection.hpp"
#include "app/gui/theme/fonts.hpp"
#include "app/gui/theme/number_text.hpp"
#include "app/gui/theme/theme.hpp"
#include "app/gui/tradeoff_panels/plan_facts.hpp"
#include "app/gui/window/engine_button.hpp"
#include "app/gui/window/start_button.hpp"

#include <QApplication>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QEvent>
#include <QFormLayout>
#include <QGridLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMap>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QShortcut>
#include <QSpinBox>
#include <QTableView>
#include <QTime>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <memory>

namespace rankscope::gui {
namespace {

constexpr std::int64_t kLongest = std::int64_t{1} << 22;  // tokens, as the engine allows
constexpr int kMostLengths = 6;                           // more would be no table

// "512, 2048"; nothing where it is no list of lengths.
std::optional<std::vector<std::int64_t>> lengthsOf(const QString& text) {
    std::vector<std::int64_t> out;
    for (const QString& word : text.split(QLatin1Char(','))) {
        bool number = false;
        const qlonglong length = word.trimmed().toLongLong(&number);
        if (!number || length < 1 || length > kLongest) return std::nullopt;
        if (std::ranges::find(out, length) == out.end()) out.push_back(length);
    }
    std::ranges::sort(out);
    return out;
}

QString durationText(double seconds) {
    if (seconds < 1) return BenchmarkDialog::tr("Less than a second");
    if (seconds < 90) return BenchmarkDialog::tr("About %1 s").arg(std::ceil(seconds));
    if (seconds < 5400) return BenchmarkDialog::tr("About %1 min").arg(std::ceil(seconds / 60));
    return BenchmarkDialog::tr("About %1 h").arg(number_text::fixed(seconds / 3600, 1));
}

void colour(QLabel* label, Role role) {
    QPalette palette = label->palette();
    palette.setColor(QPalette::WindowText, Theme::matching(QApplication::palette()).color(role));
    label->setPalette(palette);
}

}  // namespace

BenchmarkDialog::BenchmarkDialog(Workspace workspace, QWidget* parent)
    : QDialog(parent), workspace_(workspace) {
    setWindowTitle(tr("Benchmark"));
    const double unit = designUnit(QApplication::font());
    plans = new QListWidget(this);
    plans->setAccessibleName(tr("Plans to measure"));
    plans->setMinimumHeight(qRound(120 * unit));
    plans->setMaximumHeight(qRound(190 * unit));
    connect(plans, &QListWidget::itemChanged, this, &BenchmarkDialog::refresh);
    const auto number = [this](int high, int value, const QString& name, const QString& tip) {
        auto* field = new QSpinBox(this);
        field->setRange(1, high);
        field->setValue(value);
        field->setAccessibleName(name);
        field->setToolTip(tip);
        connect(field, &QSpinBox::valueChanged, this, &BenchmarkDialog::refresh);
        return field;
    };
    lengths = new QLineEdit(QStringLiteral("512, 2048"), this);
    lengths->setAccessibleName(tr("Prefill lengths in tokens"));
    lengths->setToolTip(tr("Lengths of the texts that are read, in tokens, with commas between them"));
    connect(lengths, &QLineEdit::textChanged, this, &BenchmarkDialog::refresh);
    batch =
        number(65536, 1, tr("Sequences at once"), tr("Batch: sequences that are read or written at once"));
    decodeTokens =
        number(1 << 20, 64, tr("Tokens to write"), tr("Tokens that a decode run writes one by one"));
    repeats = number(1000, 5, tr("Repeats"),
                     tr("Runs of each kind that count; one more before them warms up. The median is shown"));
    auto* form = new QFormLayout;
    form->addRow(tr("Prefill lengths"), lengths);
    form->addRow(tr("Sequences at once"), batch);
    form->addRow(tr("Tokens to write"), decodeTokens);
    form->addRow(tr("Repeats"), repeats);
    auto* what = new QLabel(tr("Plans, each beside the full model"), this);
    what->setBuddy(plans);
    auto* listColumn = new QVBoxLayout;
    listColumn->addWidget(what);
    listColumn->addWidget(plans, 1);
    auto* top = new QHBoxLayout;
    top->setSpacing(qRound(16 * unit));
    top->addLayout(listColumn, 3);
    auto* formColumn = new QVBoxLayout;
    formColumn->addLayout(form);
    formColumn->addStretch(1);
    top->addLayout(formColumn, 2);

    cost_ = new QLabel(this);
    cost_->setWordWrap(true);
    error_ = new QLabel(this);
    error_->setWordWrap(true);
    error_->setTextFormat(Qt::PlainText);
    remedy_ = new QPushButton(this);
    remedy_->setAutoDefault(false);
    connect(remedy_, &QPushButton::clicked, this, [this] { workspace_.engine.restart(); });
    auto* errorRow = new QHBoxLayout;
    errorRow->addWidget(error_, 1);
    errorRow->addWidget(remedy_, 0, Qt::AlignTop);

    bar_ = new QProgressBar(this);
    bar_->setTextVisible(false);
    bar_->setFixedHeight(qRound(4 * unit));
    bar_->setRange(0, 1000);
    bar_->setAccessibleName(tr("Progress of the benchmark"));
    state_ = new QLabel(this);
    state_->setWordWrap(true);
    state_->setTextFormat(Qt::PlainText);

    table = new QTableView(this);
    table->setModel(&results_);
    table->setAccessibleName(tr("Measured speeds"));
    table->verticalHeader()->hide();
    table->verticalHeader()->setDefaultSectionSize(qRound(26 * unit));
    table->setShowGrid(false);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->horizontalHeader()->setHighlightSections(false);
    table->setMinimumHeight(qRound(120 * unit));
    empty_ = new QLabel(
        tr("Nothing was measured here yet. Every plan is timed in turn with the full model, run by "
           "run, so that a slow moment of the machine hits all of them."),
        this);
    empty_->setWordWrap(true);
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setMinimumHeight(table->minimumHeight());
    empty_->setContentsMargins(qRound(24 * unit), 0, qRound(24 * unit), 0);
    origin_ = new QLabel(this);
    origin_->setWordWrap(true);
    origin_->setTextFormat(Qt::PlainText);
    auto* copyKey = new QShortcut(QKeySequence::Copy, table, nullptr, nullptr, Qt::WidgetShortcut);
    connect(copyKey, &QShortcut::activated, this, &BenchmarkDialog::copyTable);

    // Not in the box: it shows its hidden buttons again with every new style.
    copy_ = new QPushButton(tr("Copy table"), this);
    copy_->setAutoDefault(false);
    cancel_ = new QPushButton(tr("Cancel the measurement"), this);
    cancel_->setAutoDefault(false);
    auto* stateRow = new QHBoxLayout;
    stateRow->addWidget(state_, 1);
    stateRow->addWidget(cancel_);
    auto* originRow = new QHBoxLayout;
    originRow->addWidget(origin_, 1);
    originRow->addWidget(copy_);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    start_ = addStartButton(*buttons, tr("Measure"));
    connect(copy_, &QPushButton::clicked, this, &BenchmarkDialog::copyTable);
    connect(cancel_, &QPushButton::clicked, this, [this] { workspace_.engine.cancel(job_); });
    connect(buttons, &QDialogButtonBox::accepted, this, &BenchmarkDialog::measure);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);

    auto* column = new QVBoxLayout(this);
    column->addLayout(top);
    column->addWidget(cost_);
    column->addLayout(errorRow);
    column->addWidget(bar_);
    column->addLayout(stateRow);
    column->addWidget(table, 1);
    column->addWidget(empty_, 1);
    column->addLayout(originRow);
    column->addWidget(buttons);
    resize(QSize(760, 560) * unit);

    const Document& document = workspace_.document;
    connect(&document, &Document::modelChanged, this, [this] {
        // Speeds of another model.
        results_.clear();
        names_.clear();
        origin_->clear();
        state_->clear();
        fillPlans();
    });
    const auto plansChanged = [this] {
        if (!isMeasuring() && !workspace_.document.isDragging()) fillPlans();
    };
    connect(&document, &Document::planChanged, this, plansChanged);
    connect(&document, &Document::dragChanged, this, plansChanged);
    connect(&document, &Document::pointsChanged, this, plansChanged);
    connect(&document, &Document::resultChanged, this, &BenchmarkDialog::refresh);
    connect(&workspace_.engine, &EngineControl::statusChanged, this, &BenchmarkDialog::refresh);
    connect(&workspace_.engine, &EngineControl::jobsChanged, this, &BenchmarkDialog::followJob);
    fillPlans();
}

// The current plan, A, B and the selected point are chosen at first; afterwards what a person chose stays.
void BenchmarkDialog::fillPlans() {
    const Document& document = workspace_.document;
    QMap<QString, bool> before;
    for (std::size_t i = 0; i < choices_.size(); ++i)
        before[planKey(choices_[i])] = plans->item(static_cast<int>(i) + 1)->checkState() == Qt::Checked;
    const QSignalBlocker blocker(plans);
    plans->clear();
    choices_.clear();
    const auto add = [this](const QString& text, bool checked, Qt::ItemFlags flags) {
        auto* item = new QListWidgetItem(text, plans);
        item->setFlags(flags);
        item->setCheckState(checked ? Qt::Checked : Qt::Unchecked);
        return item;
    };
    add(tr("Full model (always)"), true, Qt::ItemIsEnabled)
        ->setToolTip(tr("All others are compared with it"));
    if (document.hasModel()) {
        const auto addPlan = [&](const PlanChoice& choice, const QString& name, QStringList roles,
                                 bool chosen) {
            const auto same = [&](const PlanChoice& each) { return samePlan(each, choice); };
            if (planMethod(choice) == Method::FullModel || std::ranges::any_of(choices_, same)) return;
            choices_.push_back(choice);
            const QString text =
                roles.isEmpty() ? name : tr("%1 (%2)").arg(name, roles.join(QStringLiteral(", ")));
            add(text, before.value(planKey(choice), chosen), Qt::ItemIsEnabled | Qt::ItemIsUserCheckable);
        };
        const auto rolesOf = [&](const QString& id, bool current) {
            QStringList roles;
            if (current) roles << tr("current plan");
            if (!id.isEmpty() && id == document.state().pinA) roles << tr("A");
            if (!id.isEmpty() && id == document.state().pinB) roles << tr("B");
            return roles;
        };
        const SavedPlan* current = document.currentPoint();
        addPlan(document.state().plan, planName(document, document.state().plan),
                rolesOf(current != nullptr ? current->id : QString(), true), true);
        for (const QString& id :
             {document.state().pinA, document.state().pinB, workspace_.selection.point()}) {
            if (const SavedPlan* point = document.point(id))
                addPlan(point->choice, planName(document, point->choice), rolesOf(id, false), true);
        }
        for (const SavedPlan& point : document.state().points)
            addPlan(point.choice, planName(document, point.choice), rolesOf(point.id, false), false);
    }
    refresh();
}

BenchmarkRequest BenchmarkDialog::chosen() const {
    BenchmarkRequest request;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        if (plans->item(static_cast<int>(i) + 1)->checkState() == Qt::Checked)
            request.plans.push_back(choices_[i]);
    }
    request.lengths = lengthsOf(lengths->text()).value_or(std::vector<std::int64_t>());
    request.batch = batch->value();
    request.repeats = repeats->value();
    request.decodeTokens = decodeTokens->value();
    return request;
}

QString BenchmarkDialog::engineProblem() const {
    const EngineStatus& status = workspace_.engine.status();
    switch (status.state) {
        case EngineStatus::State::Off:
            return tr("The engine is not started. It is what measures.");
        case EngineStatus::State::Starting:
            return tr("The engine is starting");
        case EngineStatus::State::Stopped:
            return status.reason.isEmpty() ? tr("The engine has stopped") : status.reason;
        case EngineStatus::State::Ready:
            break;
    }
    if (status.reason.isEmpty()) return {};
    return status.detail.isEmpty() ? status.reason : status.reason + QLatin1Char('\n') + status.detail;
}

QString BenchmarkDialog::costOf(const BenchmarkRequest& request) const {
    const Document& document = workspace_.document;
    QString text = tr("%1 runs of the whole model, as many of its mixers alone")
                       .arg(number_text::integer(benchmarkRuns(request)));
    std::optional<double> seconds;
    if (document.fullSpeed()) seconds = benchmarkSeconds(request, *document.fullSpeed());
    if (seconds) {
        text = tr("%1: %2").arg(durationText(*seconds), text);
        const QString device = QString::fromStdString(document.fullSpeed()->device);
        if (!device.isEmpty()) text += tr(" (by the speed that was measured on %1)").arg(device);
    } else {
        text +=
            tr(". How long that takes is known half a second after the start: nothing of this model was "
               "timed yet");
    }
    const auto& jobs = workspace_.engine.jobs();
    if (!isMeasuring() && !jobs.empty() && jobs.front().state == EngineJob::State::Running)
        text +=
            tr(". It starts when “%1” has ended: nothing is timed beside other work").arg(jobs.front().title);
    return text + QLatin1Char('.');
}

void BenchmarkDialog::refresh() {
    // Fields that are given their first value while others are still to come.
    if (start_ == nullptr) return;
    const Document& document = workspace_.document;
    request_.reset();
    problem_.clear();
    const auto wanted = lengthsOf(lengths->text());
    const QString engine = engineProblem();
    if (!document.hasModel()) {
        problem_ = tr("No model is open. Open one with File, Model folder…");
    } else if (!engine.isEmpty()) {
        problem_ = engine;
    } else if (!wanted) {
        problem_ = tr("Prefill lengths: expected numbers from 1 to %1 with commas between them, as 512, 2048")
                       .arg(number_text::integer(kLongest));
    } else if (wanted->size() > kMostLengths) {
        problem_ = tr("Prefill lengths: found %1, expected at most %2").arg(wanted->size()).arg(kMostLengths);
    } else {
        request_ = chosen();
    }
    const bool engineFails = document.hasModel() && !engine.isEmpty()
                             && workspace_.engine.status().state != EngineStatus::State::Starting;
    const QString remedy = workspace_.engine.status().remedy;
    remedy_->setText(!remedy.isEmpty()                                              ? remedy
                     : workspace_.engine.status().state == EngineStatus::State::Off ? tr("Start the engine")
                                                                                    : tr("Restart"));
    remedy_->setVisible(engineFails);
    error_->setText(problem_);
    error_->setVisible(!problem_.isEmpty());
    // What only takes a moment or a click elsewhere is no mistake.
    const bool mistake =
        document.hasModel() && workspace_.engine.status().state != EngineStatus::State::Starting;
    colour(error_, mistake ? Role::Err : Role::Ink2);
    cost_->setText(request_ ? costOf(*request_) : QString());
    cost_->setVisible(request_.has_value() && !isMeasuring());
    colour(cost_, Role::Ink2);
    colour(empty_, Role::Ink2);
    colour(origin_, Role::Ink2);
    for (QWidget* field : std::initializer_list<QWidget*>{plans, lengths, batch, decodeTokens, repeats})
        field->setEnabled(!isMeasuring());
    bar_->setVisible(isMeasuring());
    state_->setVisible(!state_->text().isEmpty());
    table->setVisible(!results_.isEmpty());
    empty_->setVisible(results_.isEmpty());
    origin_->setVisible(!origin_->text().isEmpty());
    copy_->setVisible(!results_.isEmpty());
    cancel_->setVisible(isMeasuring());
    start_->setEnabled(request_.has_value() && !isMeasuring());
}

void BenchmarkDialog::measure() {
    if (!request_ || isMeasuring()) return;
    const BenchmarkRequest request = *request_;
    names_.clear();
    for (const PlanChoice& choice : request.plans)
        names_ << planName(workspace_.document, choice);
    state_->setText(tr("Asked for"));
    colour(state_, Role::Ink);
    const QPointer<BenchmarkDialog> self(this);
    const auto ended = std::make_shared<bool>(false);
    const std::int64_t job = workspace_.engine.benchmark(
        request,
        [self](const protocol::BenchJobResult& result) {
            if (self != nullptr) self->showResult(result);
        },
        [self, ended](const QString& message, const QString& hint) {
            *ended = true;
            if (self != nullptr) self->ended(message, hint);
        });
    // It may have failed on the spot.
    if (!*ended) job_ = job;
    followJob();
}

void BenchmarkDialog::followJob() {
    if (isMeasuring()) {
        const auto& jobs = workspace_.engine.jobs();
        const auto mine = std::ranges::find(jobs, job_, &EngineJob::id);
        if (mine != jobs.end() && mine->state == EngineJob::State::Running) {
            const QString how = progressText(mine->unit, mine->done, mine->total, mine->etaSeconds);
            state_->setText(how.isEmpty() ? tr("Measuring") : tr("Measuring: %1").arg(how));
            bar_->setValue(mine->total > 0 ? qRound(1000 * mine->done / mine->total) : 0);
        } else if (mine != jobs.end() && mine->state == EngineJob::State::Queued) {
            const bool other = !jobs.empty() && jobs.front().state == EngineJob::State::Running;
            state_->setText(other ? tr("Waits until “%1” has ended").arg(jobs.front().title) : tr("Waits"));
            bar_->setValue(0);
        }
    }
    refresh();
}

void BenchmarkDialog::showResult(const protocol::BenchJobResult& result) {
    results_.setResult(result, names_);
    fitColumns();
    QStringList origin{QString::fromStdString(result.device)};
    if (!result.implementation.empty()) origin << QString::fromStdString(result.implementation);
    origin << tr("measured %1").arg(QTime::currentTime().toString(QStringLiteral("hh:mm")));
    origin_->setText(
        origin.join(QStringLiteral(" · "))
        + tr(". ± is the median absolute deviation between runs; the plans have these speeds now."));
}

void BenchmarkDialog::fitColumns() {
    // The header's own padding is that of the style sheet, which it does not count.
    const int padding = qRound(14 * designUnit(QApplication::font()));
    QHeaderView* header = table->horizontalHeader();
    table->resizeColumnsToContents();
    for (int column = 1; column < results_.columnCount(); ++column)
        table->setColumnWidth(
            column, std::max(table->columnWidth(column), header->sectionSizeHint(column)) + padding);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(0, QHeaderView::Stretch);
}

void BenchmarkDialog::ended(const QString& message, const QString& hint) {
    const auto& jobs = workspace_.engine.jobs();
    const auto mine = std::ranges::find(jobs, job_, &EngineJob::id);
    const bool cancelled = isMeasuring() && mine != jobs.end() && mine->state == EngineJob::State::Cancelled;
    job_ = -1;
    if (message.isEmpty()) {
        state_->clear();
    } else if (cancelled) {
        state_->setText(tr("Cancelled; no speed was changed"));
        colour(state_, Role::Ink2);
    } else {
        state_->setText(
            tr("Not measured: %1").arg(hint.isEmpty() ? message : message + QLatin1Char('\n') + hint));
        colour(state_, Role::Err);
    }
    fillPlans();
}

void BenchmarkDialog::copyTable() {
    if (!results_.isEmpty()) QApplication::clipboard()->setText(results_.tabSeparated());
}

QString BenchmarkDialog::cost() const {
    return cost_->text();
}

QString BenchmarkDialog::state() const {
    return state_->text();
}

void BenchmarkDialog::changeEvent(QEvent* event) {
    QDialog::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) refresh();
}

}  // namespace rankscope::gui
