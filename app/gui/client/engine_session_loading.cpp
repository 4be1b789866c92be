// SPDX-License-Identifier: GPL-3.0-or-later
// Models and texts of the engine.
#include "app/gui/client/engine_session.hpp"
#include "app/gui/client/results.hpp"
#include "app/gui/document/document.hpp"
#include "core/base/error.hpp"

#include <QFileInfo>

#include <utility>

namespace rankscope::gui {
namespace {

QString textOf(const std::string& text) {
    return QString::fromStdString(printable(text, 400));
}

}  // namespace

void EngineSession::setModel(Loaded loaded) {
    model_ = loaded;
    scores_.setReady(loaded == Loaded::Yes);
    evaluator_.setReady(model_ == Loaded::Yes && text_ == Loaded::Yes);
}

void EngineSession::setText(Loaded loaded) {
    text_ = loaded;
    evaluator_.setReady(model_ == Loaded::Yes && text_ == Loaded::Yes);
    if (evaluator_.isReady() && std::exchange(evaluateWhenReady_, false)) evaluator_.evaluate();
}

void EngineSession::showWhere(const protocol::ProvenanceData& provenance) {
    const QString device = textOf(provenance.device);
    QString where = device;
    if (device.startsWith(QLatin1String("cpu")))
        where = provenance.threads > 0
                    ? (provenance.threads == 1 ? tr("CPU, 1 thread")
                                               : tr("CPU, %1 threads").arg(provenance.threads))
                    : tr("CPU");
    EngineStatus status = status_;
    status.where = address_.host.isEmpty() ? tr("Local %1").arg(where)
                                           : QStringLiteral("%1 · %2").arg(address_.host, where);
    status.reason.clear();
    status.detail.clear();
    status.remedy.clear();
    setStatus(status);
}

void EngineSession::noticeWhatIsMissing(const JobFailure& failure) {
    if (failure.cause != QLatin1String(protocol::kNoLibTorch)) return;
    EngineStatus status = status_;
    status.reason = tr("No LibTorch");
    status.detail = failure.hint;
    status.remedy = tr("Try again");
    setStatus(status);
}

void EngineSession::modelChanged() {
    if (takingOver_) return;
    evaluator_.forget();
    scores_.forget();
    setModel(Loaded::No);
    setText(Loaded::No);
    evaluateWhenReady_ = false;
    jobs_.failAll({JobFailure::Reason::Cancelled, {}, {}, {}});
    if (!client_.isReady()) return;
    if (document_.isWithheld()) return;
    if (!loadedHash_.empty() && loadedHash_ == document_.model().hash) {
        setModel(Loaded::Yes);
        loadText();
    } else {
        loadModel();
    }
}

void EngineSession::loadModel() {
    if (!document_.hasModel() || document_.isWithheld()) return;
    loadedHash_.clear();
    setModel(Loaded::Loading);
    setText(Loaded::No);
    const QString name = document_.modelName();
    const std::int64_t job = jobs_.begin(tr("Open %1").arg(name), [this, name](const JobFailure& failure) {
        if (model_ != Loaded::Loading) return;
        setModel(Loaded::No);
        if (failure.reason != JobFailure::Reason::Error) return;
        noticeWhatIsMissing(failure);
        Q_EMIT refused(tr("Model not loaded: %1").arg(name), failure.message,
                       failure.hint.isEmpty()
                           ? tr("What is measured stays; new measurements need the model: put it "
                                "back, or open it with File, Model folder…")
                           : failure.hint);
    });
    protocol::OpenModelRequest request;
    request.path = document_.model().path.string();
    request.device = address_.device.toStdString();
    EngineJobs::Handlers handlers;
    handlers.finished = [this](const protocol::Value& value) {
        modelLoaded(protocol::parse<protocol::ModelResult>(value, "open_model"));
    };
    jobs_.run(job, "open_model", protocol::to_value(request), std::move(handlers));
}

void EngineSession::modelLoaded(const protocol::ModelResult& result) {
    loadedHash_ = result.hash;
    showWhere(result.provenance);
    const std::string& expected = document_.model().hash;
    if (!expected.empty() && expected != result.hash) {
        setModel(Loaded::No);
        Q_EMIT refused(
            tr("The model in the folder is another one"),
            tr("This session belongs to the model %1…, the folder %2 holds %3…. What was measured stays as "
               "it is.")
                .arg(textOf(expected.substr(0, 8)), QString::fromStdString(document_.model().path.string()),
                     textOf(result.hash.substr(0, 8))),
            tr("Open the folder as a new model, or put the right model there"));
        return;
    }
    document_.setComputed(result.provenance.device, result.provenance.dtype);
    for (const std::string& text : result.warnings)
        Q_EMIT warning(textOf(text));
    setModel(Loaded::Yes);
    loadText();
}

void EngineSession::openModel(const QString& folder) {
    if (folder.isEmpty()) {
        if (client_.isReady()) loadModel();
        return;
    }
    if (client_.isReady()) {
        openFolder(folder);
        return;
    }
    folderWhenReady_ = folder;
    if (status_.state != EngineStatus::State::Starting) start(address_);
}

void EngineSession::openFolder(const QString& folder) {
    const QString name = QFileInfo(folder).fileName();
    // Where it is refused, the engine keeps what it has.
    const auto before = std::pair(model_, text_);
    const std::string hash = std::exchange(loadedHash_, {});
    const std::int64_t job =
        jobs_.begin(tr("Open %1").arg(name), [this, name, before, hash](const JobFailure& failure) {
            if (failure.reason == JobFailure::Reason::Error) {
                loadedHash_ = hash;
                setModel(before.first);
                setText(before.second);
                noticeWhatIsMissing(failure);
                Q_EMIT modelRefused(tr("Model not opened: %1").arg(name), failure.message, failure.hint);
            } else if (client_.isReady() && !takingOver_) {
                loadModel();
            }
        });
    setModel(Loaded::Loading);
    protocol::OpenModelRequest request;
    request.path = folder.toStdString();
    request.device = address_.device.toStdString();
    EngineJobs::Handlers handlers;
    handlers.finished = [this, folder, job](const protocol::Value& value) {
        folderOpened(protocol::parse<protocol::ModelResult>(value, "open_model"), folder, job);
    };
    jobs_.run(job, "open_model", protocol::to_value(request), std::move(handlers));
}

void EngineSession::folderOpened(const protocol::ModelResult& result, const QString& folder,
                                 std::int64_t job) {
    takingOver_ = true;
    try {
        document_.openModel(results::model(result, folder));
    } catch (const Error& error) {
        takingOver_ = false;
        Q_EMIT modelRefused(tr("Model not opened: %1").arg(QFileInfo(folder).fileName()),
                            QString::fromUtf8(error.what()), QString::fromStdString(error.hint()));
        loadModel();  // the engine has the other one now
        return;
    }
    evaluator_.forget();
    scores_.forget();
    jobs_.failAll({JobFailure::Reason::Cancelled, {}, {}, {}}, job);
    takingOver_ = false;
    loadedHash_ = result.hash;
    showWhere(result.provenance);
    document_.setComputed(result.provenance.device, result.provenance.dtype);
    setText(Loaded::No);
    setModel(Loaded::Yes);
    for (const std::string& text : result.warnings)
        Q_EMIT warning(textOf(text));
    // One that was opened while the model was on its way.
    loadText();
    Q_EMIT modelOpened();
}

void EngineSession::loadText() {
    if (textWhenReady_) {
        const auto [path, window] = *std::exchange(textWhenReady_, std::nullopt);
        sendText(path, window, true);
    } else if (document_.text()) {
        sendText(QString::fromStdString(document_.text()->path.string()),
                 static_cast<int>(document_.text()->window), false);
    }
}

void EngineSession::openText(const QString& path, int window) {
    if (model_ == Loaded::Loading || status_.state == EngineStatus::State::Starting) {
        textWhenReady_ = std::pair(path, window);
    } else if (can(tr("Text not opened: %1").arg(QFileInfo(path).fileName()), false)) {
        sendText(path, window, true);
    }
}

void EngineSession::sendText(const QString& path, int window, bool asked) {
    const QString name = QFileInfo(path).fileName();
    const Loaded before = text_;
    setText(Loaded::Loading);
    const std::int64_t job =
        jobs_.begin(tr("Read %1").arg(name), [this, name, before, asked](const JobFailure& failure) {
            if (text_ == Loaded::Loading) setText(asked ? before : Loaded::No);
            if (failure.reason == JobFailure::Reason::Error)
                Q_EMIT refused(tr("Text not opened: %1").arg(name), failure.message, failure.hint);
        });
    protocol::TextRequest request;
    (results::isIdsFile(path.toStdString()) ? request.ids : request.text) = path.toStdString();
    request.window = window;
    request.token_text = false;
    EngineJobs::Handlers handlers;
    handlers.finished = [this, path, window, asked](const protocol::Value& value) {
        textLoaded(results::text(protocol::parse<protocol::TextResult>(value, "text"), path, window), asked);
    };
    jobs_.run(job, "text", protocol::to_value(request), std::move(handlers));
}

void EngineSession::textLoaded(const SessionText& text, bool asked) {
    const std::optional<SessionText>& known = document_.text();
    const bool same =
        known && known->hash == text.hash && known->window == text.window && known->windows == text.windows;
    if (!asked && known && !known->hash.empty() && !same) {
        // Numbers on two texts must not stand beside each other.
        setText(Loaded::No);
        Q_EMIT refused(
            tr("The text is another one now: %1").arg(QString::fromStdString(text.path.filename().string())),
            tr("What was measured belongs to the text as it was and stays as it is."),
            tr("Open the text again to measure on it as it is now"));
        return;
    }
    if (asked && known && !same) document_.forgetQuality();
    // The document's own text: it has been told of it.
    const bool told = known && !known->hash.empty() && !asked;
    if (!told && known != text) document_.setText(text);
    setText(Loaded::Yes);
}

}  // namespace rankscope::gui
