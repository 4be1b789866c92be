// SPDX-License-Identifier: GPL-3.0-or-later
// What may be asked of the engine, and what becomes of the process. Models and texts:
// engine_session_loading.cpp.
#include "app/gui/client/engine_session.hpp"

#include "app/gui/document/document.hpp"
#include "core/base/error.hpp"

#include <utility>

namespace rankscope::gui {
namespace {

constexpr qint64 kSecondStopMs = 60000;

}  // namespace

EngineSession::EngineSession(Document& document, QObject* parent)
    : EngineControl(parent),
      document_(document),
      jobs_(client_),
      maker_(document_, jobs_),
      evaluator_(document_, jobs_, maker_),
      scores_(document_, jobs_),
      measurements_(document_, jobs_, maker_) {
    restarts_.setSingleShot(true);
    connect(&restarts_, &QTimer::timeout, this, &EngineSession::restart);
    connect(&client_, &EngineClient::ready, this, &EngineSession::engineReady);
    connect(&client_, &EngineClient::ended, this, &EngineSession::engineEnded);
    connect(&client_, &EngineClient::pinged, this, [this] {
        EngineStatus status = status_;
        status.pingMs = client_.pingMs();
        setStatus(status);
    });
    connect(&client_, &EngineClient::warning, this, [this](const protocol::WarningNote& note) {
        Q_EMIT warning(QString::fromStdString(printable(note.message, 400)));
    });
    connect(&jobs_, &EngineJobs::changed, this, &EngineControl::jobsChanged);
    connect(&jobs_, &EngineJobs::jobFailed, this, [this](const QString& title, const JobFailure& failure) {
        if (failure.cause == QLatin1String(protocol::kNoCalibration))
            Q_EMIT calibrationNeeded(title, failure.message);
    });
    connect(&document_, &Document::modelChanged, this, &EngineSession::modelChanged);
    connect(&document_, &Document::released, this, &EngineSession::modelChanged);
}

EngineSession::~EngineSession() {
    // Whatever still comes finds nobody.
    jobs_.disconnect(this);
    client_.disconnect();
}

void EngineSession::setStatus(EngineStatus status) {
    status_ = std::move(status);
    Q_EMIT statusChanged();
}

void EngineSession::start(const EngineAddress& address) {
    restarts_.stop();
    address_ = address;
    setModel(Loaded::No);
    setText(Loaded::No);
    loadedHash_.clear();
    EngineStatus status;
    status.state = EngineStatus::State::Starting;
    status.where = address.host.isEmpty() ? tr("Local") : address.host;
    status.device = address.device;
    setStatus(status);
    client_.start(address);
    jobs_.failAll({JobFailure::Reason::EngineEnded, tr("The engine was started anew"), {}, {}});
}

void EngineSession::restart() {
    start(address_);
}

void EngineSession::stop() {
    restarts_.stop();
    client_.stop();
}

void EngineSession::engineReady() {
    EngineStatus status = status_;
    status.state = EngineStatus::State::Ready;
    setStatus(status);
    askDevices();
    if (!folderWhenReady_.isEmpty()) {
        openFolder(std::exchange(folderWhenReady_, {}));
    } else {
        loadModel();
    }
}

// An older engine does not know the question, one without LibTorch has no answer: then none are known.
void EngineSession::askDevices() {
    client_.call(
        "devices", protocol::to_value(protocol::DevicesRequest()),
        [this](const protocol::Value& answer) {
            const auto found = protocol::parse<protocol::DevicesResult>(answer, "devices");
            EngineStatus status = status_;
            status.devices.clear();
            for (const protocol::DeviceData& device : found.devices)
                status.devices.push_back({QString::fromStdString(printable(device.device, 40)),
                                          QString::fromStdString(printable(device.name, 80))});
            status.noCuda = QString::fromStdString(printable(found.no_cuda, 200));
            setStatus(status);
        },
        [this](const protocol::Failure& failure) {
            if (failure.cause != protocol::kNoLibTorch) return;
            EngineStatus status = status_;
            status.noCuda = tr("there is no LibTorch");
            setStatus(status);
        });
}

void EngineSession::engineEnded(const EngineEnd& end) {
    setModel(Loaded::No);
    setText(Loaded::No);
    loadedHash_.clear();
    evaluateWhenReady_ = false;
    EngineStatus status;
    status.where = status_.where;
    status.device = status_.device;
    // Its machine still has them: the menu may offer another one to a stopped engine.
    status.devices = status_.devices;
    status.noCuda = status_.noCuda;
    if (!end.asked) {
        status.state = EngineStatus::State::Stopped;
        status.reason = end.reason;
        status.detail = end.detail;
        status.remedy = end.remedy;
    }
    setStatus(status);
    jobs_.failAll(
        {JobFailure::Reason::EngineEnded, end.asked ? tr("The engine was stopped") : end.reason, {}, {}});
    if (!folderWhenReady_.isEmpty())
        Q_EMIT modelRefused(tr("Model not opened: %1").arg(std::exchange(folderWhenReady_, {})), end.reason,
                            end.detail);
    textWhenReady_.reset();
    if (end.asked) return;
    // What stops again and again would only take the machine's time.
    const bool again = lastStop_.isValid() && lastStop_.elapsed() < kSecondStopMs;
    lastStop_.start();
    if (end.worked && !again && restartDelayMs_ >= 0) restarts_.start(restartDelayMs_);
}

bool EngineSession::can(const QString& what, bool text, const Done& done) {
    using State = EngineStatus::State;
    QString why;
    QString remedy;
    if (status_.state == State::Starting) {
        why = tr("The engine is starting");
    } else if (status_.state != State::Ready) {
        why = tr("The engine is not running");
        remedy = tr("Start the engine");
    } else if (!document_.hasModel()) {
        why = tr("No model is open");
    } else if (document_.isWithheld()) {
        why = tr("The session comes from elsewhere: nobody has said yet that its model folder may be read");
        remedy = tr("Open the session again and say so");
    } else if (model_ == Loaded::No) {
        why = status_.reason.isEmpty() ? tr("The engine has not loaded the model") : status_.reason;
        remedy = status_.detail;
    } else if (text && !document_.text()) {
        why = tr("No text is open");
        remedy = tr("Open a text to measure on");
    } else if (text && model_ == Loaded::Yes && text_ == Loaded::No) {
        why = tr("The engine has not read the text");
        remedy = tr("Open the text again");
    } else {
        return true;
    }
    if (done) {
        done(why, remedy);
    } else {
        Q_EMIT refused(what, why, remedy);
    }
    return false;
}

void EngineSession::setLive(bool live) {
    if (live == evaluator_.isLive()) return;
    evaluator_.setLive(live);
    Q_EMIT liveChanged(live);
}

void EngineSession::evaluate() {
    if (!can(tr("Plan not evaluated"), true)) return;
    if (evaluator_.isReady()) {
        evaluator_.evaluate();
    } else {
        evaluateWhenReady_ = true;
    }
}

void EngineSession::sweep(const QStringList& methods, const std::vector<double>& ratios) {
    if (can(tr("Plans not swept"), true)) measurements_.sweep(methods, ratios);
}

void EngineSession::layerSweep() {
    if (can(tr("Layers not swept"), true)) measurements_.layerSweep();
}

std::int64_t EngineSession::benchmark(const BenchmarkRequest& request, Benchmark result, Done done) {
    if (!can(tr("Speed not measured"), false, done)) return -1;
    return measurements_.benchmark(request, std::move(result), std::move(done));
}

void EngineSession::noise(const std::vector<double>& levels) {
    if (can(tr("Query noise not measured"), true)) measurements_.noise(levels);
}

void EngineSession::requestScores(const QString& method) {
    if (can(tr("Channels not scored"), false)) scores_.request(method);
}

void EngineSession::capture(const protocol::CaptureJobRequest& request, Done done) {
    const bool openText = request.source.text.empty() && request.source.ids.empty();
    if (can(tr("States not captured"), openText, done)) measurements_.capture(request, std::move(done));
}

void EngineSession::makePlan(const PlanChoice& choice, MadePlan result, Done done) {
    if (can(tr("Plan not made"), false, done))
        measurements_.makePlan(choice, std::move(result), std::move(done));
}

void EngineSession::exportModel(const QString& folder, const QString& layout, bool force, Done done) {
    if (can(tr("Model not exported"), false, done))
        measurements_.exportModel(folder, layout, force, std::move(done));
}

void EngineSession::attribution(const QString& pointA, const QString& pointB, Attribution partial,
                                Done done) {
    if (can(tr("Difference not taken apart"), true, done))
        measurements_.attribution(choiceOf(pointA), choiceOf(pointB), std::move(partial), std::move(done));
}

PlanChoice EngineSession::choiceOf(const QString& point) const {
    const SavedPlan* saved = document_.point(point);
    return saved != nullptr ? saved->choice : document_.plan();
}

void EngineSession::cancel(std::int64_t job) {
    jobs_.cancel(job);
}

void EngineSession::cancelRunning() {
    jobs_.cancelRunning();
}

}  // namespace rankscope::gui
