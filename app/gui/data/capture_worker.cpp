// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/data/capture_worker.hpp"

#include "app/gui/data/capture_loading.hpp"
#include "app/gui/data/local_state_source.hpp"
#include "core/base/error.hpp"

#include <QFile>
#include <QFileInfo>

#include <algorithm>
#include <new>

namespace rankscope::gui {
namespace {

constexpr std::size_t kCacheBytes = std::size_t{64} << 20;

QString detailOf(const std::exception& error) {
    if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
        return LocalStateSource::tr("There is not enough memory for it.");
    QString text = QString::fromUtf8(error.what());
    const auto* known = dynamic_cast<const Error*>(&error);
    if (known != nullptr && !known->hint().empty())
        text += QLatin1Char('\n') + QString::fromStdString(known->hint());
    return text;
}

}  // namespace

void CaptureWorker::postOpen(const QString& path, int opening) {
    const std::lock_guard lock(mutex_);
    newest_ = opening;
    open_.emplace(path, opening);
    close_.reset();
    wake();
}

void CaptureWorker::postClose(int opening) {
    const std::lock_guard lock(mutex_);
    newest_ = opening;
    open_.reset();
    close_ = opening;
    wake();
}

void CaptureWorker::postState(const StateKey& key, int opening) {
    const std::lock_guard lock(mutex_);
    state_ = Request{key, {}, opening};
    wake();
}

void CaptureWorker::postSpectrum(const StateKey& key, const std::vector<std::int32_t>& rows, int opening) {
    const std::lock_guard lock(mutex_);
    spectrum_ = Request{key, rows, opening};
    wake();
}

void CaptureWorker::wake() {
    if (!std::exchange(awake_, true))
        QMetaObject::invokeMethod(this, &CaptureWorker::work, Qt::QueuedConnection);
}

void CaptureWorker::work() {
    std::unique_lock lock(mutex_);
    awake_ = false;
    const auto opened = std::exchange(open_, std::nullopt);
    const auto closed = std::exchange(close_, std::nullopt);
    const auto spectrum = std::exchange(spectrum_, std::nullopt);
    const auto state = std::exchange(state_, std::nullopt);
    lock.unlock();
    if (closed) {
        reader_.reset();
        cache_.clear();
        cached_ = 0;
        current_ = *closed;
    }
    if (state) answerState(*state);
    if (spectrum) answerSpectrum(*spectrum);
    if (opened) openFile(opened->first, opened->second);
}

void CaptureWorker::openFile(const QString& path, int opening) {
    const auto report = [this, opening](const QString& title, const QString& detail) {
        QMetaObject::invokeMethod(
            &source_, [this, title, detail, opening] { source_.refuse(title, detail, opening); },
            Qt::QueuedConnection);
    };
    try {
        const std::string name = QFile::encodeName(path).toStdString();
        auto reader = std::make_unique<CaptureReader>(name);
        auto data = loadCapture(*reader, name, [&] {
            if (newest_ != opening) throw Cancelled();
        });
        reader_ = std::move(reader);
        current_ = opening;
        cache_.clear();
        cached_ = 0;
        complaint_.clear();
        QMetaObject::invokeMethod(
            &source_, [this, data = std::move(data), opening] { source_.take(data, opening); },
            Qt::QueuedConnection);
    } catch (const Cancelled&) {
        // A newer one is on its way, or nobody waits any more.
    } catch (const std::exception& error) {
        report(LocalStateSource::tr("Capture not opened: %1").arg(QFileInfo(path).fileName()),
               detailOf(error));
    }
}

CaptureWorker::State CaptureWorker::state(const StateKey& key) {
    const auto found = std::ranges::find(cache_, key, &std::pair<StateKey, State>::first);
    if (found != cache_.end()) {
        cache_.splice(cache_.begin(), cache_, found);
        return cache_.front().second;
    }
    const CaptureLayout& layout = reader_->layout();
    if (key.layer < 0 || key.layer >= std::ssize(layout.layers) || key.window < 0 || key.state < 0
        || key.state >= std::ssize(layout.state_positions) || key.head < 0
        || key.head >= std::ssize(layout.layers[static_cast<std::size_t>(key.layer)].heads))
        throw_usage("no such state in the capture");
    auto values = std::make_shared<const std::vector<float>>(
        reader_->state(static_cast<std::size_t>(key.layer), key.window, static_cast<std::size_t>(key.state),
                       static_cast<std::size_t>(key.head)));
    const auto bytes = [](const State& state) { return state->size() * sizeof(float); };
    cache_.emplace_front(key, values);
    cached_ += bytes(values);
    while (cached_ > kCacheBytes && cache_.size() > 1) {
        cached_ -= bytes(cache_.back().second);
        cache_.pop_back();
    }
    return values;
}

void CaptureWorker::answerState(const Request& request) {
    // Asked of a capture that is no longer the open one.
    if (!reader_ || request.opening != current_) return;
    try {
        QMetaObject::invokeMethod(
            &source_,
            [this, key = request.key, values = state(request.key), opening = request.opening] {
                if (opening == source_.open_) Q_EMIT source_.stateReady(key, values);
            },
            Qt::QueuedConnection);
    } catch (const std::exception& error) {
        complain(detailOf(error), request.opening);
    }
}

void CaptureWorker::answerSpectrum(const Request& request) {
    if (!reader_ || request.opening != current_) return;
    try {
        const State values = state(request.key);
        const CaptureLayer& layer = reader_->layout().layers[static_cast<std::size_t>(request.key.layer)];
        auto after = spectrumOfRows(*values, layer.key_dim, layer.value_dim, request.rows);
        QMetaObject::invokeMethod(
            &source_,
            [this, key = request.key, after = std::move(after), opening = request.opening] {
                if (opening == source_.open_) Q_EMIT source_.spectrumAfterReady(key, after);
            },
            Qt::QueuedConnection);
    } catch (const std::exception& error) {
        complain(detailOf(error), request.opening);
    }
}

void CaptureWorker::complain(const QString& detail, int opening) {
    if (complaint_ == detail) return;
    complaint_ = detail;
    QMetaObject::invokeMethod(
        &source_,
        [this, detail, opening] {
            if (opening == source_.open_)
                Q_EMIT source_.failed(LocalStateSource::tr("State not read"), detail);
        },
        Qt::QueuedConnection);
}

}  // namespace rankscope::gui
