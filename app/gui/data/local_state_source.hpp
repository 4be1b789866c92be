// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/gui/data/state_source.hpp"

#include <QThread>

#include <memory>

namespace rankscope::gui {

class CaptureWorker;

/// Captures on this machine. One thread owns the file; of several requests of one kind that wait, only the
/// newest is answered. States that were read lately are kept.
class LocalStateSource : public StateSource {
    Q_OBJECT

public:
    explicit LocalStateSource(QObject* parent = nullptr);
    ~LocalStateSource() override;

    void open(const QString& path) override;
    void close() override;
    void requestState(const StateKey& key) override;
    void requestSpectrumAfter(const StateKey& key, const std::vector<std::int32_t>& keptRows) override;

private:
    friend class CaptureWorker;
    void take(std::shared_ptr<const CaptureData> data, int opening);
    void refuse(const QString& title, const QString& detail, int opening);

    QThread thread_;
    std::unique_ptr<CaptureWorker> worker_;
    int opening_ = 0;  // number of the last open() or close()
    int open_ = 0;     // that of the capture
};

}  // namespace rankscope::gui
