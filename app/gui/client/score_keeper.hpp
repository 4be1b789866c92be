// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/client/engine_jobs.hpp"

#include <QObject>
#include <QString>

#include <map>
#include <set>
#include <string>

namespace rankscope::gui {

class Document;

/// Sees to it that the scores of every method that the current plan uses are there.
class ScoreKeeper : public QObject {
    Q_OBJECT

public:
    ScoreKeeper(Document& document, EngineJobs& jobs, QObject* parent = nullptr);

    /// The engine has the model.
    void setReady(bool ready);
    /// Asks for them, there or not; nothing while they are under way.
    void request(const QString& method);
    /// The document holds something else now.
    void forget();

private:
    void check();

    Document& document_;
    EngineJobs& jobs_;
    bool ready_ = false;
    std::map<std::string, std::int64_t> running_;  // method and job
    std::set<std::string> tried_;                  // not again by itself
};

}  // namespace rankscope::gui
