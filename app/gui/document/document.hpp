// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/document/channel_orders.hpp"
#include "app/gui/document/plan_record.hpp"
#include "core/session/saved_session.hpp"

#include <QObject>
#include <QString>
#include <QUndoStack>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace rankscope::gui {

/// A plan that was saved: a row of Plans and a dot of the trade-off.
struct SavedPlan {
    QString id;
    PlanChoice choice;
    bool uniform = false;
    QString recoveredFrom;

    bool operator==(const SavedPlan&) const = default;
};

/// What undo covers: an immutable value.
struct DocumentState {
    PlanChoice plan;  ///< the current one
    std::vector<SavedPlan> points;
    QString pinA, pinB;
    QString baseline;  ///< id that changes are shown against; empty: the full model
    QString notes;

    bool operator==(const DocumentState&) const = default;
};

/// What is known of a plan before it was run.
struct PlanEstimate {
    double deltaNll = 0;  ///< from the one-layer sweep: layers interact, so it is an estimate
    double error = 0;     ///< root-mean-square miss on plans already measured, at least a tenth of it
};

/// Everything that is open: one model, one current plan, saved plans, results, channel scores. Owns no file
/// handle and no engine. Everything a person does goes through an undo step; everything a computation says
/// does not.
class Document : public QObject {
    Q_OBJECT

public:
    explicit Document(QObject* parent = nullptr);
    ~Document() override;

    // What is open

    /// Takes over a session: history becomes the undo stack's past as labels. Throws Error for a config that
    /// cannot be parsed: then nothing has changed.
    /// `withhold`: what it names (model, texts, captures) is not read before release().
    void openSession(const SavedSession& session, const QString& path, bool withhold = false);
    /// A model without anything known of it; the plan keeps all channels. Throws as openSession.
    void openModel(const SessionModel& model);
    [[nodiscard]] SavedSession toSession() const;

    [[nodiscard]] bool hasModel() const { return config_.has_value(); }

    /// Only with a model.
    [[nodiscard]] const ModelConfig& config() const { return *config_; }

    [[nodiscard]] const SessionModel& model() const { return model_; }

    /// A session from elsewhere: nobody has said yet that what it names may be read.
    [[nodiscard]] bool isWithheld() const { return withheld_; }

    void release();

    [[nodiscard]] QString modelName() const;

    [[nodiscard]] const QString& path() const { return path_; }

    void setPath(const QString& path);

    [[nodiscard]] const std::optional<SessionStory>& story() const { return story_; }

    [[nodiscard]] const std::optional<SessionText>& text() const { return text_; }

    void setText(const SessionText& text);

    [[nodiscard]] const std::vector<std::filesystem::path>& captures() const { return captures_; }

    void setCaptures(std::vector<std::filesystem::path> captures);

    [[nodiscard]] const std::filesystem::path& calibration() const { return calibration_; }

    /// Scores, channels and results that came of another calibration text are forgotten; what a hand or a
    /// method without data has chosen stays.
    void setCalibration(const std::filesystem::path& path);

    [[nodiscard]] std::int64_t calibrationTokens() const { return calibrationTokens_; }

    [[nodiscard]] std::uint64_t seed() const { return seed_; }

    /// Type the engine computes in ("float32"); empty before it has said so.
    [[nodiscard]] QString computeType() const { return QString::fromStdString(dtype_); }

    void setComputed(const std::string& device, const std::string& dtype);

    // The state that undo covers

    [[nodiscard]] const DocumentState& state() const { return state_; }

    /// The current plan, a running drag included.
    [[nodiscard]] const PlanChoice& plan() const { return drag_ ? *drag_ : state_.plan; }

    /// Choice of one layer of plan(); nothing for attention layers.
    [[nodiscard]] const LayerChoice* layerChoice(int layer) const;

    /// One undo step, or nothing if nothing changes. Steps with the same `mergeId` > 0 in a row become one.
    void setState(const QString& label, DocumentState next, int mergeId = 0);
    void setPlan(const QString& label, PlanChoice plan, int mergeId = 0);
    /// A copy of plan() with K' of one layer; the method becomes `fallbackMethod` where there was none.
    [[nodiscard]] PlanChoice withKept(int layer, std::int64_t kept,
                                      const std::string& fallbackMethod = "drrqr") const;

    /// A drag shows a plan everywhere without a step; it ends in one step or in none.
    void dragTo(PlanChoice plan);
    void finishDrag(const QString& label);
    void cancelDrag();

    [[nodiscard]] bool isDragging() const { return drag_.has_value(); }

    [[nodiscard]] QUndoStack* undoStack() { return &undo_; }

    /// When the step behind this index of the undo stack was done, in ms since 1970; 0 is the start
    /// (startLabel()).
    [[nodiscard]] qint64 stepTime(int index) const;

    /// What stands at index 0 of the history: "Open demo session".
    [[nodiscard]] const QString& startLabel() const { return startLabel_; }

    /// Unsaved work: edits or results.
    [[nodiscard]] bool isModified() const;
    void markSaved();

    // Saved plans

    [[nodiscard]] const SavedPlan* point(const QString& id) const;
    /// Saved plan that does what the current one does; nothing if it is not saved.
    [[nodiscard]] const SavedPlan* currentPoint() const;
    /// Saves the current plan (one step); returns its id, that of the same plan if it was saved already.
    QString savePoint();
    void removePoint(const QString& id);
    void renamePoint(const QString& id, const QString& name);
    /// Makes a saved plan the current one (one step).
    void restorePoint(const QString& id);
    void pin(bool a, const QString& id);
    /// A computation's plans (a sweep): no undo step, since nobody edited.
    void addMeasuredPoint(const SavedPlan& point, const PlanRecord& record);

    // What is known

    [[nodiscard]] ChannelOrders& orders() { return orders_; }

    [[nodiscard]] const ChannelOrders& orders() const { return orders_; }

    void setScores(SessionScores scores);
    void setExactChannels(const Plan& plan);
    /// Channels of one layer under a choice; nothing while scores are missing.
    [[nodiscard]] std::optional<KeptChannels> keptChannels(const LayerChoice& layer) const;
    /// All of it as a plan file would say it; nothing while scores of some layer are missing.
    [[nodiscard]] std::optional<Plan> toPlan(const PlanChoice& choice) const;
    /// toPlan() where none of it is a guess: nothing while only the engine knows which channels a method
    /// keeps at some width.
    [[nodiscard]] std::optional<Plan> exactPlan(const PlanChoice& choice) const;

    /// Whether a layer keeps other channels than its method would. False while nobody knows what that is, as
    /// after a plan file was opened: then the method that the file names is its word.
    [[nodiscard]] bool isByHand(const LayerChoice& layer) const;
    /// The choice for names and markers: what is not by hand is its method's.
    [[nodiscard]] PlanChoice asNamed(PlanChoice choice) const;

    /// A plan file's choice for the open model. Channels that its method would not keep here, as far as is
    /// known, become a choice by hand; locks stay. `force`: of another model too. Error{Input} as check_plan:
    /// it does not fit.
    [[nodiscard]] PlanChoice choiceOf(const Plan& plan, bool force, const std::string& where) const;

    [[nodiscard]] const PlanRecord* record(const PlanChoice& choice) const;
    void setRecord(const PlanChoice& choice, PlanRecord record);
    /// Changes what is known through a function; makes the record if there is none.
    void updateRecord(const PlanChoice& choice, const std::function<void(PlanRecord&)>& change);
    /// Everything that was measured on a text (speeds stay): another text is open now.
    void forgetQuality();

    [[nodiscard]] const std::optional<MeasuredQuality>& fullQuality() const { return full_; }

    void setFullQuality(const MeasuredQuality& quality);

    [[nodiscard]] const std::optional<MeasuredSpeed>& fullSpeed() const { return fullSpeed_; }

    void setFullSpeed(const MeasuredSpeed& speed);

    [[nodiscard]] const std::vector<LayerSweepPoint>& layerSweep() const { return layerSweep_; }

    void addLayerSweep(const std::vector<LayerSweepPoint>& points);
    /// Δnll of one layer alone, interpolated monotonically over K'; nothing without a sweep of that layer and
    /// method.
    [[nodiscard]] std::optional<double> layerDelta(const LayerChoice& layer) const;
    [[nodiscard]] std::optional<PlanEstimate> estimate(const PlanChoice& choice) const;

    [[nodiscard]] const std::optional<SessionNoise>& noise() const { return noise_; }

    void setNoise(const SessionNoise& noise);

    /// Speed of a plan: its own, or that of a measured plan with the same K' in every layer.
    [[nodiscard]] std::optional<MeasuredSpeed> speed(const PlanChoice& choice) const;

    /// Bytes of the recurrent state of one sequence, and parameters left. Counted at once, never measured.
    [[nodiscard]] std::int64_t stateBytes(const PlanChoice& choice) const;
    [[nodiscard]] std::int64_t parameters(const PlanChoice& choice) const;

    /// The window's own part of the session (JSON).
    std::string view;

Q_SIGNALS:
    void modelChanged();  ///< everything is new
    void released();      ///< isWithheld() no longer
    void planChanged();   ///< plan(): edit, undo, or a drag that moved
    void dragChanged(bool dragging);
    void pointsChanged();  ///< saved plans, pins, baseline
    void notesChanged();
    void resultChanged(const QString& planKey);  ///< a record, or empty: the full model, sweeps, speeds
    void scoresChanged();
    void textChanged();
    void calibrationChanged();
    void computeChanged();  ///< computeType()
    void capturesChanged();
    void noiseChanged();
    void modifiedChanged(bool modified);

private:
    friend class StateCommand;
    void apply(const DocumentState& state);
    void reset(const SessionModel& model, ModelConfig config);
    void learned(const QString& key);
    void learnCalibration(const Plan& plan);
    [[nodiscard]] Plan widths(const PlanChoice& choice) const;
    [[nodiscard]] std::optional<double> estimatedNll(const PlanChoice& choice) const;

    SessionModel model_;
    std::optional<ModelConfig> config_;
    QString path_;
    bool withheld_ = false;
    std::vector<std::filesystem::path> captures_;
    std::optional<SessionText> text_;
    std::filesystem::path calibration_;
    std::int64_t calibrationTokens_ = 8192;
    /// Of the text that the known channels were chosen by; no hash: nobody has said it.
    std::string calibratedHash_;
    std::int64_t calibratedTokens_ = 0;
    std::uint64_t seed_ = 0;
    std::optional<SessionStory> story_;
    std::string provenance_, device_, dtype_;

    DocumentState state_;
    std::optional<PlanChoice> drag_;
    QUndoStack undo_;
    std::vector<qint64> stepTimes_;
    QString startLabel_;
    bool resultsUnsaved_ = false;
    mutable std::optional<double> estimateMiss_;

    ChannelOrders orders_;
    std::map<QString, PlanRecord> records_;
    std::optional<MeasuredQuality> full_;
    std::optional<MeasuredSpeed> fullSpeed_;
    std::vector<LayerSweepPoint> layerSweep_;
    std::optional<SessionNoise> noise_;
};

}  // namespace rankscope::gui
