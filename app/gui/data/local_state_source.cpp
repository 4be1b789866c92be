// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data/local_state_source.hpp"

#include "app/gui/data/capture_worker.hpp"

namespace rankscope::gui {

LocalStateSource::LocalStateSource(QObject* parent)
    : StateSource(parent), worker_(std::make_unique<CaptureWorker>(*this)) {
    thread_.setObjectName(QStringLiteral("capture"));
    worker_->moveToThread(&thread_);
    thread_.start();
}

LocalStateSource::~LocalStateSource() {
    worker_->stop();
    thread_.quit();
    thread_.wait();
}

void LocalStateSource::open(const QString& path) {
    worker_->postOpen(path, ++opening_);
    Q_EMIT opening(path);
}

void LocalStateSource::close() {
    worker_->postClose(++opening_);
    open_ = opening_;
    if (!capture_) return;
    capture_.reset();
    Q_EMIT closed();
}

void LocalStateSource::requestState(const StateKey& key) {
    if (capture_) worker_->postState(key, open_);
}

void LocalStateSource::requestSpectrumAfter(const StateKey& key, const std::vector<std::int32_t>& keptRows) {
    if (capture_) worker_->postSpectrum(key, keptRows, open_);
}

void LocalStateSource::take(std::shared_ptr<const CaptureData> data, int opening) {
    // close() came meanwhile. After another open() this one counts until that one is answered: the worker has
    // it.
    if (opening < open_) return;
    open_ = opening;
    capture_ = std::move(data);
    Q_EMIT opened();
}

void LocalStateSource::refuse(const QString& title, const QString& detail, int opening) {
    if (opening == opening_) Q_EMIT failed(title, detail);
}

}  // namespace rankscope::gui
