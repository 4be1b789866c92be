// SPDX-License-Identifier: Apache-2.0
#include "core/engine/server/workspace.hpp"

#include "core/base/error.hpp"
#include "core/capture/capture_layout.hpp"
#include "core/checkpoint/model_info.hpp"
#include "core/engine/server/provenance.hpp"

#include <fmt/format.h>

namespace rankscope::server {
namespace {

constexpr std::int64_t kMostTokenTexts = 1'000'000;

protocol::ModelResult result_of(const ModelFolder& folder, const Progress& progress) {
    const ModelInfo info = describe(folder, progress);
    protocol::ModelResult out;
    out.path = folder.path().string();
    out.family = info.family;
    out.dtype = info.dtype;
    out.hash = info.hash;
    out.config = folder.config().json;
    for (const LayerInfo& l : info.layers) {
        out.layers.push_back({l.index, name_of(l.mixer), l.key_heads, l.value_heads, l.key_dim, l.written_key_dim, l.value_dim,
                              l.prunable, l.kv_bytes_per_token});
    }
    out.hidden_size = info.hidden_size;
    out.vocab_size = info.vocab_size;
    out.parameters = info.parameters;
    out.state_bytes = info.state_bytes;
    out.warnings = info.warnings;
    return out;
}

std::shared_ptr<const Tokenizer> tokenizer_of(const ModelFolder& folder, std::vector<std::string>& warnings) {
    try {
        return Tokenizer::open(folder.path(), folder.config().vocab_size);
    } catch (const Error& e) {
        warnings.push_back(fmt::format("no tokenizer: {}", e.what()));
        return nullptr;
    }
}

std::vector<std::vector<std::string>> texts_of(const Tokenizer& tokenizer, const TokenWindows& windows) {
    std::vector<std::vector<std::string>> out;
    for (const auto& row : windows.rows) {
        auto& texts = out.emplace_back();
        texts.reserve(row.size());
        // A model may have more rows in its embedding than its tokenizer has tokens.
        for (const std::int32_t id : row)
            texts.push_back(id < tokenizer.vocab_size() ? readable_token(tokenizer.token_bytes(id)) : std::string());
    }
    return out;
}

std::shared_ptr<const Tokenizer> tokenizer_for(const OpenModel& model) {
    // Opened again, a tokenizer that cannot be used says why.
    return model.tokenizer ? model.tokenizer : Tokenizer::open(model.folder.path(), model.folder.config().vocab_size);
}

[[noreturn]] void refuse_source() {
    throw_usage("bad text: found neither or both of text and ids, expected one of them");
}

}  // namespace

protocol::ModelResult describe_model(const std::string& path) {
    const ModelFolder folder = ModelFolder::open(path);
    protocol::ModelResult out = result_of(folder, {});
    (void)tokenizer_of(folder, out.warnings);
    static_cast<Provenance&>(out.provenance) = make_provenance(folder, nullptr, std::nullopt, {});
    return out;
}

TokenWindows read_source(const OpenModel& model, const protocol::TextSource& source, bool equal_lengths,
                         const Progress& progress) {
    if (source.text.empty() == source.ids.empty()) refuse_source();
    const WindowOptions cut{source.window, source.max_windows, source.max_tokens};
    TokenWindows windows = source.ids.empty() ? read_text_windows(source.text, *tokenizer_for(model), cut)
                                                    : read_id_windows(source.ids, model.folder.config().vocab_size, cut, equal_lengths);
    for (const std::string& warning : windows.warnings)
        progress.warning(warning);
    return windows;
}

WindowStream stream_source(const OpenModel& model, const protocol::TextSource& source, const Progress& progress) {
    if (source.text.empty()) return WindowStream(read_source(model, source, true, progress));
    if (!source.ids.empty()) refuse_source();
    WindowStream windows(source.text, tokenizer_for(model), {source.window, source.max_windows, source.max_tokens});
    for (const std::string& warning : windows.warnings())
        progress.warning(warning);
    return windows;
}

void Workspace::prepare() noexcept {
    try {
        if (!engine_) engine_ = make_engine_();
    } catch (...) {
        // Asked for again with the first model.
    }
}

protocol::DevicesResult Workspace::devices() {
    if (!engine_) engine_ = make_engine_();
    const ComputeDevices found = engine_->devices();
    protocol::DevicesResult out;
    out.no_cuda = found.no_cuda;
    for (const ComputeDevice& device : found.devices)
        out.devices.push_back({device.id, device.name});
    return out;
}

protocol::ModelResult Workspace::open_model(const protocol::OpenModelRequest& request, const Progress& progress) {
    auto opened = std::make_shared<OpenModel>(ModelFolder::open(request.path));
    progress.check();
    protocol::ModelResult out = result_of(opened->folder, progress);
    opened->hash = out.hash;
    opened->placement = {request.device == "auto" ? device_ : request.device, request.dtype, request.threads};
    opened->tokenizer = tokenizer_of(opened->folder, out.warnings);
    progress.check();
    if (!engine_) engine_ = make_engine_();
    live_.reset();
    engine_->open(opened->folder, opened->placement, progress);
    engine_->model().forget_used_mixers();
    opened->provenance = make_provenance(opened->folder, &engine_->model(), std::nullopt, {{}, 0, request.threads});
    if (opened->tokenizer)
        opened->provenance.tokenizer = fmt::format("{} ({} tokens)", opened->tokenizer->kind(), opened->tokenizer->vocab_size());
    static_cast<Provenance&>(out.provenance) = opened->provenance;
    windows_.reset();
    const std::lock_guard lock(mutex_);
    model_ = std::move(opened);
    return out;
}

protocol::TextResult Workspace::open_text(const protocol::TextRequest& request, const Progress& progress) {
    const auto open = model();
    auto windows = std::make_unique<TokenWindows>(read_source(*open, request, false, progress));
    progress.check();
    protocol::TextResult out;
    out.path = request.text.empty() ? request.ids : request.text;
    out.text_hash = windows->text_hash;
    out.tokens = windows->tokens();
    out.scored_tokens = windows->scored_tokens();
    out.text_tokens = windows->text_tokens;
    out.text_bytes = windows->text_bytes;
    out.start = windows->start;
    for (const auto& row : windows->rows)
        out.windows.push_back({{std::ssize(row)}, row});
    for (const AnswerSpan& answer : windows->answers)
        out.answers.push_back({answer.window, answer.first, answer.count, answer.facts});
    out.warnings = windows->warnings;
    if (request.token_text && open->tokenizer && out.tokens > kMostTokenTexts) {
        out.warnings.push_back(
            fmt::format("token texts are left out: found {} tokens, they are sent for {} at most", out.tokens, kMostTokenTexts));
    } else if (request.token_text && open->tokenizer) {
        out.token_text = texts_of(*open->tokenizer, *windows);
    }
    live_.reset();
    windows_ = std::move(windows);
    cache_bytes_ = request.cache_bytes;
    return out;
}

std::shared_ptr<OpenModel> Workspace::model_if_any() const {
    const std::lock_guard lock(mutex_);
    return model_;
}

std::shared_ptr<OpenModel> Workspace::model() const {
    auto open = model_if_any();
    if (!open) throw_usage("no model is open", "open_model comes first");
    return open;
}

Engine& Workspace::engine() const {
    (void)model();
    return *engine_;
}

const TokenWindows& Workspace::windows() const {
    (void)model();
    if (!windows_) throw_usage("no text is open", "text comes first, and again after open_model");
    return *windows_;
}

LiveEvaluation& Workspace::live() {
    if (!live_) {
        LiveOptions options;
        options.cache_bytes = cache_bytes_;
        live_ = engine().live(windows(), options);
    }
    return *live_;
}

PlanFile Workspace::plan(const std::string& text, const std::string& name) const {
    const auto open = model();
    const std::string where = name.empty() ? "plan" : fmt::format("plan {}", printable(name, 80));
    PlanFile file{name, parse_plan(text, where)};
    check_plan(file.plan, open->folder.config(), open->hash, false, where);
    return file;
}

void Workspace::begin_job() const {
    if (model_if_any()) engine_->model().forget_used_mixers();
}

protocol::ProvenanceData Workspace::provenance(const std::string& method, const std::optional<JobText>& text, std::uint64_t seed) const {
    const auto open = model();
    protocol::ProvenanceData out;
    static_cast<Provenance&>(out) = make_provenance(open->folder, &engine().model(), text,
                                                    {"rankscope-cli serve: " + method, seed, open->placement.threads});
    out.tokenizer = open->provenance.tokenizer;
    return out;
}

}  // namespace rankscope::server
