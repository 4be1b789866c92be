// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/capture_data.hpp"

#include <QObject>
#include <QString>

#include <memory>
#include <vector>

namespace rankscope::gui {

/// One captured state; all are numbers within the capture.
struct StateKey {
    int layer = 0, window = 0, state = 0, head = 0;

    auto operator<=>(const StateKey&) const = default;
};

/// Where captured states come from: a file here, or the engine on another machine. Answers come later, by
/// signal, in the GUI thread; a request that is overtaken by a newer one of the same kind may stay without an
/// answer.
class StateSource : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    /// The open capture; null: none.
    [[nodiscard]] const std::shared_ptr<const CaptureData>& capture() const { return capture_; }

    /// Reads a capture and then signals opened() or failed(); the one before stays until then.
    virtual void open(const QString& path) = 0;
    virtual void close() = 0;
    /// Answered by stateReady().
    virtual void requestState(const StateKey& key) = 0;
    /// Singular values of the state without the rows that are not kept (rows of the captured state,
    /// ascending). Answered by spectrumAfterReady().
    virtual void requestSpectrumAfter(const StateKey& key, const std::vector<std::int32_t>& keptRows) = 0;

Q_SIGNALS:
    void opening(const QString& path);
    void opened();
    void closed();
    /// title: what; detail: why and what to do. The capture before stays open.
    void failed(const QString& title, const QString& detail);
    void stateReady(const StateKey& key, std::shared_ptr<const std::vector<float>> state);  ///< [K, V]
    void spectrumAfterReady(const StateKey& key, const std::vector<float>& singularValues);

protected:
    std::shared_ptr<const CaptureData> capture_;
};

}  // namespace rankscope::gui
