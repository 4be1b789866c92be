// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_client.hpp"
#include "app/gui/client/engine_status.hpp"

#include <QElapsedTimer>
#include <QObject>

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

namespace rankscope::gui {

/// How a job ended that did not finish.
struct JobFailure {
    enum class Reason { Error, Cancelled, Superseded, EngineEnded };

    Reason reason = Reason::Error;
    QString message, hint;
    QString cause;  ///< as protocol::Failure::cause: "no_libtorch", …; mostly empty
};

/// The jobs of the engine as the window lists them. One of them may take several steps, each a job of the
/// engine, one after the other: to choose channels, then to evaluate. Numbers are the window's own and last
/// as long as it.
class EngineJobs : public QObject {
    Q_OBJECT

public:
    struct Handlers {
        /// May throw Error for what makes no sense: the engine is ended then, as for any malformed message.
        std::function<void(const protocol::Value&)> partial, finished;
    };

    explicit EngineJobs(EngineClient& client, QObject* parent = nullptr);

    /// Running first, then queued, then the ended ones, newest first.
    [[nodiscard]] const std::vector<EngineJob>& list() const { return list_; }

    [[nodiscard]] bool isActive(std::int64_t job) const;

    /// Called once for a job that does not finish, and nothing of the job afterwards.
    using Failed = std::function<void(const JobFailure&)>;

    /// Adds a job without a step yet. Its number.
    std::int64_t begin(const QString& title, Failed failed = {});
    /// The next step. Does nothing for a job that is not active.
    void run(std::int64_t job, const std::string& method, protocol::Value parameters, Handlers handlers);
    /// Ends a job for a reason of the window.
    void fail(std::int64_t job, const JobFailure& failure);
    /// Ends a job well that has no step under way.
    void finish(std::int64_t job);

    void cancel(std::int64_t job);
    /// As cancel(), since something newer takes its place: it ends here at once.
    void supersede(std::int64_t job);
    void cancelRunning();
    /// The engine is gone, or the document its results are for. `except`: this one goes on.
    void failAll(const JobFailure& failure, std::int64_t except = -1);

Q_SIGNALS:
    void changed();
    /// After the job's own handler.
    void jobFailed(const QString& title, const rankscope::gui::JobFailure& failure);

private:
    struct Entry {
        EngineJob shown;
        std::int64_t engineJob = -1;  // number of the step at the engine
        std::int64_t step = 0;        // counts them; an answer of an older one is dropped
        bool asked = false;           // a step is under way
        bool cancelled = false;
        bool heard = false;  // it runs: it has said so
        Handlers handlers;
        Failed failed;
        QElapsedTimer clock;
    };

    [[nodiscard]] Entry* entry(std::int64_t job);
    [[nodiscard]] Entry* entryOfEngine(std::int64_t engineJob);
    void tellEngine(std::int64_t engineJob);
    void started(std::int64_t job, std::int64_t step, std::int64_t engineJob);
    void progress(const protocol::ProgressNote& note);
    void partial(std::int64_t engineJob, const protocol::Value& parameters);
    void finished(const protocol::FinishedNote& note);
    void failed(const protocol::FailedNote& note);
    /// Runs what may throw.
    void guarded(const std::function<void()>& call);
    void settle(Entry& entry, EngineJob::State state, const JobFailure& failure);
    void arrange();

    EngineClient& client_;
    std::list<Entry> active_;       // in the order of the engine's queue
    std::vector<EngineJob> ended_;  // newest first
    std::vector<EngineJob> list_;
    std::int64_t next_ = 1;
};

}  // namespace rankscope::gui
