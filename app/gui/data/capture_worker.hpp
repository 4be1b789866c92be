// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/state_source.hpp"
#include "core/capture/capture_reader.hpp"

#include <QObject>

#include <atomic>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace rankscope::gui {

class LocalStateSource;

/// What LocalStateSource does in its thread. post…() may be called from anywhere, the rest runs in the
/// thread.
class CaptureWorker : public QObject {
    Q_OBJECT

public:
    using State = std::shared_ptr<const std::vector<float>>;

    explicit CaptureWorker(LocalStateSource& source) : source_(source) {}

    /// `opening` numbers the captures; a newer one makes the older ones give up.
    void postOpen(const QString& path, int opening);
    void postClose(int opening);
    void postState(const StateKey& key, int opening);
    void postSpectrum(const StateKey& key, const std::vector<std::int32_t>& rows, int opening);

    /// Gives up what is being read.
    void stop() { newest_ = -1; }

private:
    struct Request {
        StateKey key;
        std::vector<std::int32_t> rows;
        int opening = 0;
    };

    void wake();
    void work();
    void openFile(const QString& path, int opening);
    void answerState(const Request& request);
    void answerSpectrum(const Request& request);
    [[nodiscard]] State state(const StateKey& key);
    /// Says once what is wrong with the file: a drag asks again and again.
    void complain(const QString& detail, int opening);

    LocalStateSource& source_;
    std::atomic<int> newest_ = 0;

    std::mutex mutex_;  // for the requests
    bool awake_ = false;
    std::optional<std::pair<QString, int>> open_;
    std::optional<int> close_;
    std::optional<Request> state_, spectrum_;

    std::unique_ptr<CaptureReader> reader_;
    int current_ = 0;
    std::list<std::pair<StateKey, State>> cache_;  // used last first
    std::size_t cached_ = 0;                       // bytes
    QString complaint_;
};

}  // namespace rankscope::gui
