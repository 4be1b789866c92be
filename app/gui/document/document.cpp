// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/document/document.hpp"

#include "app/gui/document/state_command.hpp"
#include "core/checkpoint/padded_export.hpp"

#include <QDateTime>
#include <QUuid>

#include <algorithm>

namespace rankscope::gui {

Document::Document(QObject* parent) : QObject(parent) {
    connect(&undo_, &QUndoStack::cleanChanged, this, [this] { Q_EMIT modifiedChanged(isModified()); });
}

Document::~Document() {
    undo_.disconnect(this);
}

void Document::reset(const SessionModel& model, ModelConfig config) {
    drag_.reset();
    undo_.clear();
    orders_.clear();
    calibratedHash_.clear();
    records_.clear();
    full_.reset();
    fullSpeed_.reset();
    layerSweep_.clear();
    noise_.reset();
    story_.reset();
    text_.reset();
    captures_.clear();
    calibration_.clear();
    view.clear();
    provenance_.clear();
    device_.clear();
    dtype_.clear();
    estimateMiss_.reset();
    resultsUnsaved_ = false;
    path_.clear();
    withheld_ = false;
    model_ = model;
    state_ = {};
    state_.plan = keep_all(config);
    state_.plan.name = tr("Full model").toStdString();
    config_ = std::move(config);
    startLabel_ = tr("Open model");
    stepTimes_ = {QDateTime::currentMSecsSinceEpoch()};
}

void Document::openModel(const SessionModel& model) {
    ModelConfig config = parse_exported_config(model.config, model.path / "config.json");
    reset(model, std::move(config));
    Q_EMIT modelChanged();
}

void Document::release() {
    if (!withheld_) return;
    withheld_ = false;
    Q_EMIT released();
}

QString Document::modelName() const {
    const std::filesystem::path path = model_.path.lexically_normal();
    const std::filesystem::path name = path.has_filename() ? path.filename() : path.parent_path().filename();
    return QString::fromStdString(name.string());
}

void Document::setPath(const QString& path) {
    path_ = path;
}

void Document::setText(const SessionText& text) {
    text_ = text;
    Q_EMIT textChanged();
}

void Document::setCaptures(std::vector<std::filesystem::path> captures) {
    captures_ = std::move(captures);
    Q_EMIT capturesChanged();
}

void Document::setComputed(const std::string& device, const std::string& dtype) {
    if (device == device_ && dtype == dtype_) return;
    device_ = device;
    dtype_ = dtype;
    Q_EMIT computeChanged();
}

const LayerChoice* Document::layerChoice(int layer) const {
    const auto& layers = plan().layers;
    const auto found = std::ranges::find(layers, layer, &LayerChoice::index);
    return found == layers.end() ? nullptr : &*found;
}

void Document::setState(const QString& label, DocumentState next, int mergeId) {
    if (next == state_) return;
    const int index = undo_.index();
    stepTimes_.resize(static_cast<std::size_t>(index) + 1);
    undo_.push(new StateCommand(*this, label, state_, std::move(next), mergeId));
    stepTimes_.resize(static_cast<std::size_t>(undo_.index()) + 1, QDateTime::currentMSecsSinceEpoch());
}

void Document::setPlan(const QString& label, PlanChoice plan, int mergeId) {
    DocumentState next = state_;
    next.plan = std::move(plan);
    setState(label, std::move(next), mergeId);
}

PlanChoice Document::withKept(int layer, std::int64_t kept, const std::string& fallbackMethod) const {
    PlanChoice plan = this->plan();
    const auto found = std::ranges::find(plan.layers, layer, &LayerChoice::index);
    if (found == plan.layers.end()) return plan;
    kept = std::clamp<std::int64_t>(kept, 1, found->key_dim);
    if (kept == found->kept) return plan;
    found->kept = kept;
    found->by_hand.clear();
    if (found->method.empty() && kept < found->key_dim) found->method = fallbackMethod;
    return plan;
}

void Document::dragTo(PlanChoice plan) {
    const bool starts = !drag_;
    if (!starts && *drag_ == plan) return;
    drag_ = std::move(plan);
    if (starts) Q_EMIT dragChanged(true);
    Q_EMIT planChanged();
}

void Document::finishDrag(const QString& label) {
    if (!drag_) return;
    PlanChoice plan = std::move(*drag_);
    drag_.reset();
    if (plan == state_.plan) {
        Q_EMIT planChanged();
    } else {
        setPlan(label, std::move(plan));
    }
    Q_EMIT dragChanged(false);
}

void Document::cancelDrag() {
    if (!drag_) return;
    drag_.reset();
    Q_EMIT planChanged();
    Q_EMIT dragChanged(false);
}

qint64 Document::stepTime(int index) const {
    return index >= 0 && index < std::ssize(stepTimes_) ? stepTimes_[static_cast<std::size_t>(index)] : 0;
}

bool Document::isModified() const {
    return !undo_.isClean() || resultsUnsaved_;
}

void Document::markSaved() {
    resultsUnsaved_ = false;
    undo_.setClean();
    Q_EMIT modifiedChanged(false);
}

void Document::apply(const DocumentState& state) {
    const bool plan = !(state_.plan == state.plan) || drag_;
    const bool points = state_.points != state.points || state_.pinA != state.pinA
                        || state_.pinB != state.pinB || state_.baseline != state.baseline;
    const bool notes = state_.notes != state.notes;
    drag_.reset();
    state_ = state;
    if (points) Q_EMIT pointsChanged();
    if (plan) Q_EMIT planChanged();
    if (notes) Q_EMIT notesChanged();
}

const SavedPlan* Document::point(const QString& id) const {
    const auto found = std::ranges::find(state_.points, id, &SavedPlan::id);
    return found == state_.points.end() ? nullptr : &*found;
}

const SavedPlan* Document::currentPoint() const {
    const auto found = std::ranges::find_if(
        state_.points, [&](const SavedPlan& point) { return samePlan(point.choice, plan()); });
    return found == state_.points.end() ? nullptr : &*found;
}

QString Document::savePoint() {
    if (const SavedPlan* same = currentPoint()) return same->id;
    DocumentState next = state_;
    SavedPlan point;
    point.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    point.choice = plan();
    // An edited plan still has the name that it came with: that belongs to the plan that was saved under it.
    const auto taken = [&](const std::string& name) {
        return name == tr("Full model").toStdString()
               || std::ranges::any_of(state_.points,
                                      [&](const SavedPlan& other) { return other.choice.name == name; });
    };
    if (point.choice.name.empty() || taken(point.choice.name)) {
        const QString plain = defaultPlanName(point.choice);
        QString name = plain;
        for (int number = 2; taken(name.toStdString()); ++number)
            name = QStringLiteral("%1 (%2)").arg(plain).arg(number);
        point.choice.name = name.toStdString();
    }
    const QString id = point.id;
    const QString name = QString::fromStdString(point.choice.name);
    next.points.push_back(std::move(point));
    setState(tr("Save point %1").arg(name), std::move(next));
    return id;
}

void Document::removePoint(const QString& id) {
    const SavedPlan* point = this->point(id);
    if (point == nullptr) return;
    const QString name = QString::fromStdString(point->choice.name);
    DocumentState next = state_;
    std::erase_if(next.points, [&](const SavedPlan& each) { return each.id == id; });
    for (QString* reference : {&next.pinA, &next.pinB, &next.baseline}) {
        if (*reference == id) reference->clear();
    }
    setState(tr("Remove %1").arg(name), std::move(next));
}

void Document::renamePoint(const QString& id, const QString& name) {
    DocumentState next = state_;
    const auto found = std::ranges::find(next.points, id, &SavedPlan::id);
    if (found == next.points.end() || name.trimmed().isEmpty()) return;
    found->choice.name = name.trimmed().toStdString();
    if (samePlan(found->choice, next.plan)) next.plan.name = found->choice.name;
    setState(tr("Rename to %1").arg(name.trimmed()), std::move(next));
}

void Document::restorePoint(const QString& id) {
    const SavedPlan* point = this->point(id);
    if (point == nullptr) return;
    PlanChoice plan = point->choice;
    for (LayerChoice& layer : plan.layers) {
        const LayerChoice* now = layerChoice(static_cast<int>(layer.index));
        layer.locked = now != nullptr && now->locked;
    }
    // Before the plan is moved from: arguments have no order.
    const QString label = tr("Plan %1").arg(QString::fromStdString(plan.name));
    setPlan(label, std::move(plan));
}

void Document::pin(bool a, const QString& id) {
    DocumentState next = state_;
    (a ? next.pinA : next.pinB) = id;
    const SavedPlan* point = this->point(id);
    const QString name = point != nullptr ? QString::fromStdString(point->choice.name) : tr("nothing");
    setState(a ? tr("Pin %1 as A").arg(name) : tr("Pin %1 as B").arg(name), std::move(next));
}

void Document::addMeasuredPoint(const SavedPlan& point, const PlanRecord& record) {
    const QString key = planKey(point.choice);
    records_[key] = record;
    const bool known = std::ranges::any_of(
        state_.points, [&](const SavedPlan& each) { return planKey(each.choice) == key; });
    if (!known) {
        state_.points.push_back(point);
        for (int i = 0; i < undo_.count(); ++i)
            static_cast<const StateCommand*>(undo_.command(i))->addToBoth(point);
        Q_EMIT pointsChanged();
    }
    learned(key);
}

}  // namespace rankscope::gui
