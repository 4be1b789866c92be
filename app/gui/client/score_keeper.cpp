// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/client/score_keeper.hpp"

#include "app/gui/client/results.hpp"
#include "app/gui/document/document.hpp"
#include "app/gui/theme/method.hpp"
#include "core/base/error.hpp"
#include "core/pruning/method.hpp"

#include <algorithm>

namespace rankscope::gui {
namespace {

QString nameOf(const std::string& method) {
    const QString key = QString::fromStdString(method);
    const auto known = methodOfKey(key);
    return known ? methodName(*known) : key;
}

}  // namespace

ScoreKeeper::ScoreKeeper(Document& document, EngineJobs& jobs, QObject* parent)
    : QObject(parent), document_(document), jobs_(jobs) {
    connect(&document_, &Document::planChanged, this, &ScoreKeeper::check);
    connect(&document_, &Document::calibrationChanged, this, [this] {
        forget();
        check();
    });
}

void ScoreKeeper::setReady(bool ready) {
    if (ready_ == ready) return;
    ready_ = ready;
    tried_.clear();
    check();
}

void ScoreKeeper::forget() {
    running_.clear();
    tried_.clear();
}

void ScoreKeeper::check() {
    if (!ready_ || !document_.hasModel()) return;
    for (const LayerChoice& layer : document_.plan().layers) {
        if (layer.method.empty() || tried_.contains(layer.method)) continue;
        const auto& known = document_.orders().scores();
        if (std::ranges::find(known, layer.method, &SessionScores::method) != known.end()) continue;
        // It would be refused; whoever evaluates the plan reads why.
        if (document_.calibration().empty() && needs_data(layer.method)) continue;
        request(QString::fromStdString(layer.method));
    }
}

void ScoreKeeper::request(const QString& method) {
    const std::string name = method.toStdString();
    if (!ready_ || running_.contains(name)) return;
    tried_.insert(name);
    const auto number = std::make_shared<std::int64_t>(-1);
    // Of another document by then.
    const auto mine = [this, name, number] {
        const auto found = running_.find(name);
        if (found == running_.end() || found->second != *number) return false;
        running_.erase(found);
        return true;
    };
    const std::int64_t job =
        jobs_.begin(tr("Scores of %1").arg(nameOf(name)), [mine](const JobFailure&) { mine(); });
    *number = running_[name] = job;
    protocol::ScoresRequest request;
    request.method = name;
    request.calibration = results::calibration(document_.calibration(), document_.calibrationTokens());
    request.seed = document_.seed();
    EngineJobs::Handlers handlers;
    handlers.finished = [this, mine, name](const protocol::Value& value) {
        if (!mine()) return;
        SessionScores scores =
            results::scores(protocol::parse<protocol::ScoresResult>(value, "scores"), document_.config());
        if (scores.method != name) throw_input("scores: found those of another method");
        document_.setScores(std::move(scores));
    };
    jobs_.run(job, "scores", protocol::to_value(request), std::move(handlers));
}

}  // namespace rankscope::gui
